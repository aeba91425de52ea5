"""Whom to write to at a customer, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from csp_receivables.domain.outbox.letters import is_deliverable

# Words of a contact's role, as accounting writes them, in the order in which people are written to.
ROLE_ORDER = (
    ("billing", "invoice", "faktura", "rechnung"),
    ("accounts payable", "payable", "leverantörsreskontra", "ekonomi", "finance", "accounting", "buchhaltung"),
    ("owner", "primary", "ceo", "manager", "vd"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person at a customer. `stated_at`: when accounting last said so."""

    email: str
    name: str
    role: str
    stated_at: str = ""


def in_order(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    """Billing first, then finance, then who leads; within a role and for all others by address."""
    return tuple(sorted(contacts, key=lambda contact: (_rank(contact.role), contact.email)))


def reachable(contacts: Iterable[Contact], failed: Mapping[str, str]) -> tuple[Contact, ...]:
    """Those that can be written to, in their order. `failed`: when an address refused or returned a letter."""
    return tuple(
        contact
        for contact in in_order(contacts)
        if is_reachable(contact.email, failed.get(contact.email), contact.stated_at)
    )


def is_reachable(email: str, failed_at: str | None, stated_at: str) -> bool:
    """Can it be written to? An address that failed counts again once accounting states it anew."""
    return is_deliverable(email) and (failed_at is None or failed_at <= stated_at)


def _rank(role: str) -> int:
    told = role.casefold().replace("_", " ")
    return next((place for place, words in enumerate(ROLE_ORDER) if any(w in told for w in words)), len(ROLE_ORDER))
