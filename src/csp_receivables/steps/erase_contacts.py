"""Erasing the contacts of a customer: from the ledger, and from the customers files kept as they came."""

from __future__ import annotations

from dataclasses import dataclass

from csp_receivables.ports import ContactBook, RawCustomersFiles


class ErasureRefused(ValueError):
    """Nothing was erased; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was erased: how many contacts in the ledger, which raw files."""

    customer_id: str
    contacts: int
    removed_files: tuple[str, ...]


def erase_contacts(customer_id: str, by: str, why: str, contacts: ContactBook, files: RawCustomersFiles) -> Erasure:
    """Erase the customer's contacts on behalf of a named person. Raises ErasureRefused.

    Files go first: should the run die in between, the ledger still has the contacts and the command is simply repeated.
    """
    if not by.strip() or not why.strip():
        raise ErasureRefused("an erasure needs the name of the person who asks (--by) and a reason (--why)")
    removed = files.remove_with_contacts_of(customer_id)
    if not removed and not contacts.knows(customer_id):
        raise ErasureRefused(f"no customer {customer_id!r} is known; use the customer_id of the customers file")
    return Erasure(
        customer_id=customer_id,
        contacts=contacts.erase(customer_id, by.strip(), why.strip()),
        removed_files=removed,
    )
