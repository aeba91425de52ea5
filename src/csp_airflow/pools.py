"""Airflow's pools of ours, apart from the rest: who makes them need not load Airflow."""

from __future__ import annotations

MICROSOFT = "microsoft"  # tasks that call Microsoft
BEFORE_ALL_ELSE = 100  # the weight of giving access back: no export and no suspension keeps it waiting for a slot
MICROSOFT_SLOTS = 2  # it asks for two to four calls at once, and answers more with 429 (microsoft.md 6)
