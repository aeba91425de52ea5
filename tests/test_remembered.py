"""The connection that remembers: it answers what a plain one does, and works nothing out twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from csp_receivables.domain.relations import ask, keep, load
from tests.remembered import Remembering, Shelf, fresh

ROWS = pa.schema([("who", pa.string()), ("amount", pa.int64())])


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    shelf = fresh()
    with shelf.connection:
        yield shelf


def worked_out(connection: Any, amounts: dict[str, int], least: int = 0) -> list[object]:
    """Something of every kind that rules do: answers on the way, and what is left at the end."""
    load(connection, "owed", pa.table({"who": list(amounts), "amount": list(amounts.values())}, ROWS))
    connection.execute("CREATE OR REPLACE TEMP MACRO twice(number) AS 2 * number")
    connection.execute("CREATE OR REPLACE TEMP VIEW large AS SELECT * FROM owed WHERE twice(amount) > 6")
    keep(connection, "kept", "SELECT who, amount FROM large WHERE amount >= $least ORDER BY who", least=least)
    connection.execute("INSERT INTO kept SELECT 'nobody', count(*) FROM owed; DELETE FROM kept WHERE who = 'a'")
    connection.execute("UPDATE kept SET amount = amount + 1 WHERE who = 'b'")
    keep(connection, "kept_next", "SELECT who, amount, rowid AS place FROM kept")
    connection.execute("DROP TABLE kept")
    connection.execute("ALTER TABLE kept_next RENAME TO kept")
    connection.execute("SET VARIABLE most = (SELECT max(amount) FROM kept)")
    said = connection.execute("SELECT who FROM kept WHERE amount = getvariable('most') ORDER BY who").fetchall()
    connection.execute("CREATE SCHEMA IF NOT EXISTS rules")
    counted = keep(connection, "rules.kept", "SELECT who, count(*) AS times FROM owed GROUP BY who ORDER BY who")
    connection.execute("CREATE OR REPLACE VIEW rules.seen AS SELECT who FROM rules.kept WHERE times = 1")
    connection.execute("UPDATE rules.kept SET times = 2 WHERE who = 'b'")
    seen = connection.execute("SELECT who FROM rules.seen ORDER BY who").fetchall()
    connection.execute("DROP SCHEMA rules CASCADE; DROP TABLE IF EXISTS nothing")
    left = ask(connection, "FROM kept", ROWS).to_pylist()
    return [said, counted, seen, left, connection.execute("FROM kept").fetchone()]


@pytest.mark.parametrize("least", [0, 5])
def test_it_answers_what_a_plain_connection_does(shelf: Shelf, least: int) -> None:
    for amounts in ({"a": 9, "b": 4, "c": 1}, {"b": 7}, {}, {"b": 7, "a": 9}, {"a": 9, "b": 4, "c": 1}):
        with duckdb.connect(":memory:") as plain:
            assert worked_out(Remembering(shelf), amounts, least) == worked_out(plain, amounts, least)


def test_nothing_is_worked_out_twice_and_what_changed_is(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    first = worked_out(Remembering(shelf), {"a": 9, "b": 4})
    ran: list[str] = []
    monkeypatch.setattr(Shelf, "run", lambda _, sql, __=None: ran.append(sql))

    assert worked_out(Remembering(shelf), {"a": 9, "b": 4}) == first
    assert not ran
    monkeypatch.undo()
    assert worked_out(Remembering(shelf), {"a": 9, "b": 5}) != first


def test_what_another_left_is_not_there(shelf: Shelf) -> None:
    keep(Remembering(shelf), "mine", "SELECT 1 AS one")  # type: ignore[arg-type]

    with pytest.raises(duckdb.CatalogException, match="mine"):
        Remembering(shelf).execute("FROM mine").fetchall()


def test_what_changes_unknown_things_is_refused(shelf: Shelf) -> None:
    with pytest.raises(AssertionError, match="nothing is known"):
        Remembering(shelf).execute("SET threads = 2")
    with pytest.raises(AssertionError, match="a copy"):
        Remembering(shelf).execute("CREATE TABLE owing (amount BIGINT DEFAULT 1)")
    with pytest.raises(AssertionError, match="tomorrow"):
        Remembering(shelf).execute("SELECT * FROM read_csv('today.csv')")
