"""How many examples a property is tried on: few in the suite, many where somebody looks for new ones."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

WIDE = os.environ.get("HYPOTHESIS_PROFILE") == "wide"
WIDER = 50  # times as many examples in the profile `wide`


def examples(count: int, **more: Any) -> settings:
    """`count` examples in the suite, where a whole day is computed for each; fifty times as many in `wide`."""
    return settings(max_examples=count * WIDER if WIDE else count, deadline=None, **more)
