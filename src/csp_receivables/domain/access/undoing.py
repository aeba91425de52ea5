"""What one run did to people's access, and what undoing it would do. The ledger fills it in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """What a run did for one customer."""

    TOOK = "took"
    GAVE_BACK = "gave back"


class Now(StrEnum):
    """How it stands by now."""

    AWAY = "away"  # taken, and not given back: undoing asks for it back
    ASKED_BACK = "asked back"  # the next restoring brings it
    BACK = "back"  # what was given back can only be taken again after a new warning and a new answer
    WARNED_ANEW = "chased anew"  # a person ordered that: the next decision begins with a new round and its warning


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsDeed:
    """What a run did for one customer. `action_id`: the suspension, or the reinstatement."""

    action_id: str
    customer_id: str
    round_id: str
    deed: Deed
    subscriptions: tuple[str, ...]
    now: Now

    @property
    def can_be_given_back(self) -> bool:
        """Undoing asks for it back."""
        return self.deed is Deed.TOOK and self.now is Now.AWAY

    @property
    def can_be_chased_anew(self) -> bool:
        """A person may order that the debt be warned about again, which is the only way to take it again."""
        return self.deed is Deed.GAVE_BACK and self.now is Now.BACK
