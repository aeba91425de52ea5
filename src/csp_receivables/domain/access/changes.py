"""One change of one subscription, from the snapshot to what a reading showed."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from csp_receivables.domain.access.snapshot import Snapshot
from csp_receivables.domain.microsoft.suspending import ACTIVE, SUSPENDED


class Direction(StrEnum):
    """Which way."""

    SUSPEND = "suspend"
    RESTORE = "restore"


STATUS_WANTED: Mapping[Direction, str] = MappingProxyType(
    {Direction.SUSPEND: SUSPENDED, Direction.RESTORE: ACTIVE}
)  # fmt: skip


class ChangeEvent(StrEnum):
    """What happens to a change."""

    PREPARED = "prepared"  # the snapshot is kept; nothing was sent
    BEGAN = "began"  # written before the first byte leaves: without a later word, read before anything else
    ACCEPTED = "accepted"  # 202: Microsoft is at it
    BROKE_OFF = "broke_off"  # it may or may not have happened
    PUT_OFF = "put_off"  # refused for now; it did not happen
    STATUS_BACK = "status_back"  # restoring: access is back, its renewal not yet
    VERIFIED = "verified"  # a reading shows it
    REFUSED = "refused"  # it did not happen, and a person must look
    NOT_OURS = "not_ours"  # somebody else had done it, or other reasons were added: it is left alone
    ODD = "odd"  # a reading shows something that nobody asked for: a person must look


ENDED = frozenset({ChangeEvent.VERIFIED, ChangeEvent.REFUSED, ChangeEvent.NOT_OURS, ChangeEvent.ODD})
# After these a suspension may have happened: whoever restores looks at it.
MAY_HAVE_HAPPENED = frozenset(
    {ChangeEvent.BEGAN, ChangeEvent.ACCEPTED, ChangeEvent.BROKE_OFF, ChangeEvent.VERIFIED, ChangeEvent.ODD}
)
# After these a restoring is over: access is back, or it is nothing of ours any more.
GIVEN_BACK = frozenset({ChangeEvent.VERIFIED, ChangeEvent.NOT_OURS, ChangeEvent.ODD})
IN_THE_AIR = frozenset({ChangeEvent.BEGAN, ChangeEvent.ACCEPTED, ChangeEvent.BROKE_OFF})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be done to one subscription by one action; it never changes."""

    action_id: str
    customer_id: str
    direction: Direction
    snapshot: Snapshot  # the subscription as read before anything was sent

    @property
    def change_id(self) -> str:
        return f"{self.action_id}/{self.snapshot.subscription_id}"

    @property
    def subscription_id(self) -> str:
        return self.snapshot.subscription_id

    @property
    def tenant_id(self) -> str:
        return self.snapshot.tenant_id

    @property
    def parent_id(self) -> str:
        return self.snapshot.parent_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A change, and how far it has come. `tries`: how often it was begun; `left`: as the last reading showed it."""

    change: Change
    event: ChangeEvent
    at: datetime  # of the newest event
    tries: int = 0
    began_at: datetime | None = None  # the last time
    left: Snapshot | None = None
    is_back: bool = False  # of a restoring: access itself is back

    @property
    def is_ended(self) -> bool:
        return self.event in ENDED

    @property
    def subscription_id(self) -> str:
        return self.change.subscription_id

    @property
    def parent_id(self) -> str:
        return self.change.parent_id


def may_have_gone_along(add_on: Standing, away: Set[str]) -> bool:
    """May the suspension of its legacy base have taken this one along, before its own turn came (microsoft.md 4.3)?

    `away`: ids of the changes that may have happened, in lower case.
    """
    change, is_waiting = add_on.change, add_on.event in (ChangeEvent.PREPARED, ChangeEvent.PUT_OFF)
    is_legacy_add_on = change.parent_id and not change.snapshot.product_type
    return bool(is_waiting and is_legacy_add_on and f"{change.action_id}/{change.parent_id}".casefold() in away)
