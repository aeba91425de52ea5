"""What a customer paid and where it went, from entries as the ledger keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from csp_receivables.domain.escalation.account import Received, payments_of

PAID_ON, RETURNED_ON = date(2026, 10, 5), date(2026, 10, 9)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        made.execute(
            """
            CREATE TABLE receivables (receivable_id VARCHAR, number VARCHAR, customer_id VARCHAR);
            INSERT INTO receivables VALUES ('r1', '1001', 'C1'), ('r2', '1002', 'C1'), ('r3', '2001', 'C2');
            CREATE TABLE allocations (allocation_id VARCHAR, source_kind VARCHAR, source_id VARCHAR,
                receivable_id VARCHAR, amount BIGINT, effective_on DATE, reverses VARCHAR);
            CREATE TABLE payment_positions (payment_id VARCHAR, kind VARCHAR, booked_on DATE, currency VARCHAR,
                amount BIGINT, left_amount BIGINT, customer_id VARCHAR);
            """
        )
        yield made


def _pay(connection: duckdb.DuckDBPyConnection, *, left: int = 0, customer: str = "C1", payment: str = "p") -> None:
    row = [payment, "payment", PAID_ON, "SEK", 100_00, left, customer]
    connection.execute("INSERT INTO payment_positions VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def _enter(connection: duckdb.DuckDBPyConnection, *entries: tuple[str, str, str, int, date, str]) -> None:
    for allocation_id, source_id, receivable_id, amount, on, reverses in entries:
        row = [allocation_id, "payment", source_id, receivable_id, amount, on, reverses]
        connection.execute("INSERT INTO allocations VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def _received(
    applied: tuple[tuple[str, int], ...], *, left: int = 0, returned: int = 0, on: date | None = None
) -> tuple[Received, ...]:
    return (
        Received(
            payment_id="p", booked_on=PAID_ON, currency="SEK", amount=100_00, left=left, applied=applied,
            returned=returned, returned_on=on,
        ),
    )  # fmt: skip


def test_a_payment_shows_what_it_paid_and_what_is_left(connection: duckdb.DuckDBPyConnection) -> None:
    _pay(connection, left=20_00)
    _enter(connection, ("a1", "p", "r1", 50_00, PAID_ON, ""), ("a2", "p", "r2", 30_00, PAID_ON, ""))
    assert payments_of(connection, "C1") == _received((("1001", 50_00), ("1002", 30_00)), left=20_00)


def test_what_the_bank_returned_is_applied_to_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    _pay(connection)
    _enter(connection, ("a1", "p", "r1", 100_00, PAID_ON, ""), ("a2", "back", "r1", -100_00, RETURNED_ON, "a1"))
    assert payments_of(connection, "C1") == _received((), returned=100_00, on=RETURNED_ON)


def test_a_part_that_the_bank_returned_leaves_the_rest_applied(connection: duckdb.DuckDBPyConnection) -> None:
    _pay(connection)
    _enter(connection, ("a1", "p", "r1", 100_00, PAID_ON, ""), ("a2", "back", "r1", -1, RETURNED_ON, "a1"))
    assert payments_of(connection, "C1") == _received((("1001", 99_99),), returned=1, on=RETURNED_ON)


def test_a_return_of_what_was_never_applied_counts(connection: duckdb.DuckDBPyConnection) -> None:
    _pay(connection)
    _enter(connection, ("a1", "p", "", 100_00, RETURNED_ON, ""), ("a2", "back", "", -100_00, RETURNED_ON, "a1"))
    assert payments_of(connection, "C1") == _received((), returned=100_00, on=RETURNED_ON)


def test_what_a_person_took_back_is_the_other_customer_s_and_nobody_s_return(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    _pay(connection, customer="C2")
    _enter(
        connection,
        ("a1", "p", "r1", 100_00, PAID_ON, ""),
        ("a2", "p", "r1", -100_00, RETURNED_ON, "a1"),
        ("a3", "p", "r3", 100_00, RETURNED_ON, ""),
    )
    assert payments_of(connection, "C1") == ()
    assert payments_of(connection, "C2") == _received((("2001", 100_00),))
