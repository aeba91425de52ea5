"""The gate: may this leave the house now, and to whom? One pure answer that every message asks for.

Outside production nothing reaches a customer: it goes to the catch-all address, or nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from csp_receivables.domain.collections.calendar import may_send
from csp_receivables.domain.collections.policy import QuietHours


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the gate asks about ourselves, at the moment it is asked."""

    is_production: bool  # the setting and the ledger's own mark say so, both
    is_demo: bool = False
    is_example: bool = False  # the seller is the shipped example: nothing leaves in its name
    catch_all: str = ""  # where everything goes outside production; "": nowhere
    stop: str = ""  # why everything is stopped; "": it is not
    historical: str = ""  # why the run that asks speaks for the past; "": it does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When, where the receiver is, and what the policy says of that."""

    now: datetime
    zones: tuple[ZoneInfo, ...]  # those of the receiver's country
    country: str
    policy: str = ""  # why the policy sends nothing yet; "": it is live
    working_days_only: bool = True
    quiet_hours: QuietHours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Where a message goes. `to` "": nowhere, `because` says why."""

    to: str
    because: str

    @property
    def is_open(self) -> bool:
        return bool(self.to)


def verdict(recipient: str, house: House, moment: Moment) -> Verdict:
    """Where what is meant for `recipient` goes at this moment."""
    for why in (house.stop, house.historical, moment.policy, not_now(moment)):
        if why:
            return Verdict(to="", because=why)
    if house.is_production and not house.is_demo:
        if house.is_example:
            return Verdict(to="", because="the seller is the shipped example (include/policies/seller.yaml)")
        return Verdict(to=recipient, because="production, by the settings and the ledger's mark")
    where = "a demonstration" if house.is_demo else "no production"
    if house.catch_all:
        return Verdict(to=house.catch_all, because=f"{where}: everything goes to the catch-all address")
    return Verdict(to="", because=f"{where}, and no catch-all address is set (CSP_CATCH_ALL)")


def not_now(moment: Moment) -> str:
    """Why it is not the time to write to somebody; "" when it is."""
    where = moment.now, moment.country, moment.zones
    if not may_send(*where, None, working_days_only=moment.working_days_only):
        return f"{_local(moment):%Y-%m-%d} is no working day in {moment.country or 'the euro area'}"
    quiet = moment.quiet_hours
    if quiet and not may_send(*where, quiet, working_days_only=False):
        hours = f"{quiet.begins:%H:%M} to {quiet.ends:%H:%M}"
        return f"{_local(moment):%H:%M} lies in the quiet hours from {hours} in {moment.country}"
    return ""


def _local(moment: Moment) -> datetime:
    return moment.now.astimezone(moment.zones[0]) if moment.zones else moment.now
