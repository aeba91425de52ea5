"""What becomes of a request: it is known already, automatic, joins a case, or opens one; and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.support.requests import Request


class Came(StrEnum):
    """What a request came to."""

    KNOWN = "known"  # read before: nothing changes
    AUTOMATIC = "automatic"  # an absence note and its like: never answered, opens nothing
    JOINED = "joined"
    PROVIDER = "provider"  # joins its case, as what the provider says to whom it was handed on
    OPENED = "opened"


class FoundBy(StrEnum):
    """How the customer was found, the surest first."""

    STATED = "stated"
    ADDRESS = "address"
    TENANT = "tenant"
    RECEIVABLE = "receivable"
    DOMAIN = "domain"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCase:
    """A case that a request may belong to."""

    case_id: str
    customer_id: str
    sender: str
    providers: frozenset[str] = frozenset()  # addresses that it was handed on to


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the ledger knows that bears on one request; customers by each way that there is to find them."""

    is_known: bool = False
    answered: NamedCase | None = None  # the case of a mail that it replies to
    named: NamedCase | None = None  # the case that its subject names
    by_address: frozenset[str] = frozenset()
    by_tenant: frozenset[str] = frozenset()
    by_receivable: frozenset[str] = frozenset()
    by_domain: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The answer. `customer_id` is "" where it is nobody's whom we know."""

    came: Came
    case_id: str = ""
    customer_id: str = ""
    found_by: FoundBy = FoundBy.NOT_FOUND


def intake(request: Request, known: Knowledge, shared_domains: frozenset[str]) -> Intake:
    """What becomes of the request."""
    if known.is_known:
        return Intake(came=Came.KNOWN)
    customer_id, found_by = _whose(request, known, shared_domains)
    case = _joins(request, known, customer_id)
    came = Came.AUTOMATIC if request.is_automatic else Came.JOINED if case else Came.OPENED
    if case:
        if came is Came.JOINED and request.sender in case.providers - {case.sender}:
            came = Came.PROVIDER
        return Intake(came=came, case_id=case.case_id, customer_id=case.customer_id, found_by=found_by)
    return Intake(came=came, customer_id=customer_id, found_by=found_by)


def _joins(request: Request, known: Knowledge, customer_id: str) -> NamedCase | None:
    """A reply joins its case. A number in a subject is anybody's to write: it counts from the same side only."""
    if known.answered is not None and _same_side(request, known.answered, customer_id):
        return known.answered
    if known.named is not None and _same_side(request, known.named, customer_id):
        return known.named
    return None


def _same_side(request: Request, case: NamedCase, customer_id: str) -> bool:
    is_customer_s = bool(customer_id and customer_id == case.customer_id)
    return request.sender == case.sender or is_customer_s or request.sender in case.providers


def _whose(request: Request, known: Knowledge, shared_domains: frozenset[str]) -> tuple[str, FoundBy]:
    if request.customer_id:
        return request.customer_id, FoundBy.STATED
    ways = (
        (known.by_address, FoundBy.ADDRESS),
        (known.by_tenant, FoundBy.TENANT),
        (known.by_receivable, FoundBy.RECEIVABLE),
        (frozenset() if request.domain in shared_domains else known.by_domain, FoundBy.DOMAIN),
    )
    for customers, found_by in ways:
        if len(customers) == 1:
            return next(iter(customers)), found_by
    return "", FoundBy.NOT_FOUND


def unknown_sender(case_id: str) -> Finding:
    """A case that is nobody's whom we know."""
    return Finding(
        code="support.unknown_customer",
        severity=Severity.WARNING,
        subject=case_id,
        found=f"case {case_id} names no customer that we know, by address, tenant, receivable or domain",
        remedy="Find out whose it is: csp case show, then csp case open with --customer, or answer it as it is",
    )


def unreadable(source: str, digest: str, why: str) -> Finding:
    """A mail, or a line of a file, that can't be read as a request."""
    return Finding(
        code="support.unreadable",
        severity=Severity.WARNING,
        source=source,
        subject=digest[:12],
        found=f"this is no request that can be read: {why}",
        remedy="Read it in the mailbox, and open a case by hand where one is wanted: csp case open",
    )
