"""The ledger of access: what happened to a subscription's access, with who, why and what it rested on.

What an auditor or a lawyer asks for, as one file: JSON, the same bytes for the same facts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened. `at`: when it was recorded, UTC. `about`: an action or a subscription."""

    at: str
    what: str
    about: str
    told: Mapping[str, Any]

    @property
    def who(self) -> str:
        """The person, or the worker, that it is by."""
        return str(self.told.get("person_name") or self.told.get("said_by") or "")


def exported(entries: Sequence[Entry], subject: str) -> str:
    """The whole history as the text of one file."""
    told = [{"at": each.at, "what": each.what, "about": each.about, **each.told} for each in entries]
    node = {"subject": subject, "entries": told}
    return json.dumps(node, ensure_ascii=False, indent=1, sort_keys=True, default=_plain) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} can't be written down")
