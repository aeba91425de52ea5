"""Where an escalated debt goes from here: the ways there are for this customer, and the one that is suggested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.escalation.account import CustomerAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way on: to whom, and what it takes."""

    name: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is suggested, whose it is, and every way on."""

    what: str
    owner: str
    ways: tuple[Way, ...]


def next_step(account: CustomerAccount) -> Step:
    """The suggestion for this customer, by what is known of them; a person decides."""
    return Step(what=_suggested(account), owner=account.owner, ways=tuple(_ways(account)))


def _suggested(account: CustomerAccount) -> str:
    kinds = {each.hold.kind for each in account.holds if each.holds}
    doubt = next(iter(account.case.doubts), "")
    told = (  # the first that holds
        (not account.overdue(), "Nothing: nothing is overdue any more"),
        (HoldKind.INSOLVENCY in kinds, "Register the claim with the administrator"),
        (HoldKind.DISPUTE in kinds, "Settle the dispute: until then nothing else is fair"),
        (bool(account.unapplied()), "Find out what their unapplied money pays, then look again"),
        (bool(doubt), f"Settle the doubt first: {doubt}"),
        (account.case.suspension is None, "The account manager calls; then suspension, or the agency"),
    )
    otherwise = "Hand over to the collection agency, or propose to write it off"
    return next((what for holds, what in told if holds), otherwise)


def _ways(account: CustomerAccount) -> Iterator[Way]:
    yield Way(name="Account manager", how="call, with this pack; note a promise with csp hold add --kind promise")
    yield Way(
        name="Collection agency", how="csp escalation agency hand-over writes what it needs, and stops our own notices"
    )
    yield Way(
        name="Write off",
        how="csp escalation write-off propose; whether the tax on it comes back is for the tax adviser to say",
    )
    if account.says.subscriptions or account.charged:
        yield Way(
            name="Microsoft",
            how="only for what Microsoft charged wrongly: a commercial request (csp case open); it owes us no bad debt",
        )
