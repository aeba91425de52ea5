"""Contacts of customers: personal data. The newest customers file's are kept and no others; erased ones stay away.

An erased contact leaves a salted scrypt digest, so that a file that still carries it can't bring it back. Once a
file comes without it, accounting has forgotten it too: the digest goes, and if it ever comes again it is newly given.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import Connection, Select, delete, insert, select, update

from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.outbox_tables import action, message
from csp_receivables.adapters.ledger.support_erasure import erase_cases
from csp_receivables.adapters.ledger.tables import contact, contact_erasure, customer, erased_contact
from csp_receivables.domain.records import CONTACT

KEYS_PER_QUERY = 10_000  # below what one statement may bind: 32 766 on SQLite, 65 535 on PostgreSQL
Stated = dict[tuple[str, str], tuple[str, ...]]  # (customer, e-mail) -> the row of CONTACT


@dataclass(frozen=True, slots=True)
class LedgerContactBook:
    """The `ContactBook` of a ledger."""

    ledger: Ledger

    def knows(self, customer_id: str) -> bool:
        """Has any customers file named this customer?"""
        with self.ledger.reading() as connection:
            query = select(customer.c.customer_id).where(customer.c.customer_id == customer_id).limit(1)
            return connection.execute(query).first() is not None

    def erase(self, customer_id: str, by: str, why: str) -> int:
        """Delete the customer's contacts and record who did it and why. Returns how many there were."""
        with self.ledger.writing() as writing:
            connection = writing.connection
            query = select(contact.c.email).where(contact.c.customer_id == customer_id).order_by(contact.c.email)
            emails = list(connection.execute(query).scalars())
            for email in emails:
                salt = secrets.token_hex(16)
                row = {"customer_id": customer_id, "digest": _digest(email, salt), "salt": salt}
                connection.execute(insert(erased_contact).values(**row, recorded_at=writing.recorded_at))
            connection.execute(delete(contact).where(contact.c.customer_id == customer_id))
            to_them = message.c.action_id.in_(_actions_of(customer_id))
            connection.execute(update(message).where(to_them).values(recipient="", sent_to=""))
            erase_cases(writing, customer_id)
            _record(writing, customer_id, by, why, len(emails))
            return len(emails)

    def letters_of(self, customer_id: str) -> tuple[str, ...]:
        """The digests of the mails that were sent to the customer, by which they are kept."""
        with self.ledger.reading() as connection:
            query = select(message.c.digest).where(message.c.action_id.in_(_actions_of(customer_id))).distinct()
            return tuple(connection.execute(query.order_by(message.c.digest)).scalars())


def _actions_of(customer_id: str) -> Select[tuple[str]]:
    return select(action.c.action_id).where(action.c.customer_id == customer_id)


def keep_contacts(writing: Writing, rows: pa.Table, ids: Sequence[str]) -> set[str]:
    """The contacts that the newest file gives its customers `ids`, and no others. Returns whose changed."""
    connection = writing.connection
    stated: Stated = {(row["customer_id"], row["email"]): tuple(row.values()) for row in rows.to_pylist()}
    _leave_out_erased(connection, stated, ids)
    columns = [contact.c[name] for name in CONTACT.names]
    before: Stated = {
        (row.customer_id, row.email): tuple(row)
        for some in _parts(ids)
        for row in connection.execute(select(*columns).where(contact.c.customer_id.in_(some)))
    }
    gone = sorted(pair for pair, row in before.items() if stated.get(pair) != row)
    news = [row for pair, row in sorted(stated.items()) if before.get(pair) != row]
    for owner, email in gone:
        connection.execute(delete(contact).where(contact.c.customer_id == owner, contact.c.email == email))
    table = pa.Table.from_pylist([dict(zip(CONTACT.names, row, strict=True)) for row in news], schema=CONTACT)
    insert_new(connection, contact, table, recorded_at=writing.recorded_at)
    return {owner for owner, _ in gone} | {row[0] for row in news}


def _leave_out_erased(connection: Connection, stated: Stated, ids: Sequence[str]) -> None:
    """Takes erased contacts out of `stated`; forgets the digests of those that the file no longer carries."""
    for owner, digest, salt in _erased(connection, ids):
        still = [pair for pair in stated if pair[0] == owner and _digest(pair[1], salt) == digest]
        for pair in still:
            del stated[pair]
        if not still:
            this = (erased_contact.c.customer_id == owner, erased_contact.c.digest == digest)
            connection.execute(delete(erased_contact).where(*this))


def _erased(connection: Connection, ids: Sequence[str]) -> list[tuple[str, str, str]]:
    columns = (erased_contact.c.customer_id, erased_contact.c.digest, erased_contact.c.salt)
    return [
        (row.customer_id, row.digest, row.salt)
        for some in _parts(ids)
        for row in connection.execute(select(*columns).where(columns[0].in_(some)).order_by(*columns))
    ]


def _record(writing: Writing, customer_id: str, by: str, why: str, contacts: int) -> None:
    """Append the erasure; two at one moment (a clock that stands still) are one."""
    this = (contact_erasure.c.customer_id == customer_id, contact_erasure.c.recorded_at == writing.recorded_at)
    more = update(contact_erasure).where(*this).values(contacts=contact_erasure.c.contacts + contacts)
    if writing.connection.execute(more).rowcount == 0:
        row = {"customer_id": customer_id, "erased_by": by, "why": why, "contacts": contacts}
        writing.connection.execute(insert(contact_erasure).values(**row, recorded_at=writing.recorded_at))


def _digest(email: str, salt: str) -> str:
    """Slow on purpose (scrypt, some 40 ms): a list of addresses can't be tried against it cheaply."""
    return hashlib.scrypt(email.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=32).hex()


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), KEYS_PER_QUERY):
        yield keys[start : start + KEYS_PER_QUERY]
