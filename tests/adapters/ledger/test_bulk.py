"""Bulk loads store every value as it is, once, on both databases."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.bulk import ROWS_PER_BATCH, insert_new, read_batches, read_table

INT64_MAX, INT64_MIN = 2**63 - 1, -(2**63)
LINES = pa.schema(
    [
        pa.field("receivable_id", pa.string(), nullable=False),
        pa.field("line_no", pa.int64(), nullable=False),
        pa.field("description", pa.string(), nullable=False),
        pa.field("net", pa.int64(), nullable=False),
        pa.field("tax", pa.int64(), nullable=False),
        pa.field("service_from", pa.date32()),
    ]
)
AWKWARD = [
    "",
    " ",
    '"',
    '"quoted", and "again"',
    "comma, semicolon; tab\tend",
    "two\nlines",
    "carriage\r\nreturn",
    "back\\slash \\N \\.",
    "\\.",
    "NULL",
    "null",
    "'; DROP TABLE payment; --",
    "Åäö € ß Ω 漢字 🙂",
    "e\u0301 is not \u00e9",
    "{curly} $1 %s :name ?",
    "=1+1",
]


def _lines(rows: list[dict[str, object]]) -> pa.Table:
    filled = [{"description": "", "net": 0, "tax": 0, "service_from": None} | row for row in rows]
    return pa.Table.from_pylist(filled, schema=LINES)


def _load(ledger: Ledger, rows: pa.Table) -> int:
    with ledger.writing() as writing:
        return insert_new(writing.connection, tables.receivable_line, rows, recorded_at=writing.recorded_at)


def _stored(ledger: Ledger) -> list[dict[str, object]]:
    table = tables.receivable_line
    columns = [table.c[name] for name in LINES.names]
    with ledger.reading() as connection:
        query = select(*columns).order_by(table.c.receivable_id, table.c.line_no)
        return read_table(connection, query, LINES).to_pylist()  # type: ignore[no-any-return]


def test_loading_twice_changes_nothing_the_second_time(ledger: Ledger) -> None:
    rows = _lines([{"receivable_id": "p/1", "line_no": 1, "net": 100}, {"receivable_id": "p/1", "line_no": 2}])

    assert _load(ledger, rows) == 2
    assert _load(ledger, rows) == 0
    assert _stored(ledger) == rows.to_pylist()


def test_only_the_new_rows_of_a_load_are_counted_and_the_known_keep_their_values(ledger: Ledger) -> None:
    _load(ledger, _lines([{"receivable_id": "p/1", "line_no": 1, "net": 100}]))
    changed = _lines([{"receivable_id": "p/1", "line_no": 1, "net": 999}, {"receivable_id": "p/1", "line_no": 2}])

    assert _load(ledger, changed) == 1
    assert [row["net"] for row in _stored(ledger)] == [100, 0]


def test_a_key_twice_in_one_load_is_stored_once(ledger: Ledger) -> None:
    assert _load(ledger, _lines([{"receivable_id": "p/1", "line_no": 1}] * 3)) == 1


def test_an_empty_load_is_no_load(ledger: Ledger) -> None:
    assert _load(ledger, LINES.empty_table()) == 0
    assert _stored(ledger) == []


@pytest.mark.parametrize("text", AWKWARD, ids=repr)
def test_text_comes_back_as_it_went_in(ledger: Ledger, text: str) -> None:
    rows = _lines([{"receivable_id": f"p/{text}", "line_no": 1, "description": text}])

    assert _load(ledger, rows) == 1
    assert _stored(ledger) == rows.to_pylist()


@pytest.mark.parametrize("amount", [INT64_MIN, INT64_MIN + 1, -1, 0, 1, 2**53 + 1, INT64_MAX - 1, INT64_MAX])
def test_amounts_at_the_limits_come_back_exactly(ledger: Ledger, amount: int) -> None:
    _load(ledger, _lines([{"receivable_id": "p/1", "line_no": 1, "net": amount}]))

    assert _stored(ledger)[0]["net"] == amount


@pytest.mark.parametrize("day", [None, date(1, 1, 1), date(1969, 12, 31), date(2024, 2, 29), date(9999, 12, 31)])
def test_days_and_missing_days_come_back_as_they_went_in(ledger: Ledger, day: date | None) -> None:
    _load(ledger, _lines([{"receivable_id": "p/1", "line_no": 1, "service_from": day}]))

    assert _stored(ledger)[0]["service_from"] == day


def test_columns_that_the_table_does_not_have_are_left_out(ledger: Ledger) -> None:
    rows = _lines([{"receivable_id": "p/1", "line_no": 1}]).append_column("colour", pa.array(["red"]))

    assert _load(ledger, rows) == 1


def test_a_load_that_fails_leaves_nothing(ledger: Ledger) -> None:
    good = _lines([{"receivable_id": "p/1", "line_no": 1}])
    with pytest.raises(RuntimeError, match="power cut"), ledger.writing() as writing:
        insert_new(writing.connection, tables.receivable_line, good, recorded_at=writing.recorded_at)
        raise RuntimeError("power cut")

    assert _stored(ledger) == []


def test_two_loads_in_one_transaction_do_not_disturb_each_other(ledger: Ledger) -> None:
    with ledger.writing() as writing:
        counts = [
            insert_new(
                writing.connection,
                tables.receivable_line,
                _lines([{"receivable_id": f"p/{n}", "line_no": 1}]),
                recorded_at=writing.recorded_at,
            )
            for n in range(2)
        ]

    assert counts == [1, 1]
    assert [row["receivable_id"] for row in _stored(ledger)] == ["p/0", "p/1"]


def test_a_load_larger_than_a_batch_is_whole_and_read_back_in_batches(ledger: Ledger) -> None:
    number = ROWS_PER_BATCH + 1
    rows = pa.table(
        {
            "receivable_id": pa.array([f"p/{n:06d}" for n in range(number)]),
            "line_no": pa.array([1] * number, pa.int64()),
            "description": pa.array([""] * number),
            "net": pa.array(range(number), pa.int64()),
            "tax": pa.array([0] * number, pa.int64()),
            "service_from": pa.array([None] * number, pa.date32()),
        },
        schema=LINES,
    )
    assert _load(ledger, rows) == number

    table = tables.receivable_line
    query = select(*(table.c[name] for name in LINES.names)).order_by(table.c.receivable_id)
    with ledger.reading() as connection:
        batches = list(read_batches(connection, query, LINES))
    assert [batch.num_rows for batch in batches] == [ROWS_PER_BATCH, 1]
    assert pa.Table.from_batches(batches, schema=LINES).equals(rows)


# No NUL: neither XML nor PostgreSQL can hold one. No lone surrogates: they are no text.
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
ROW = st.fixed_dictionaries(
    {
        "receivable_id": TEXT,
        "line_no": st.integers(0, 2**31 - 1),
        "description": TEXT,
        "net": st.integers(INT64_MIN, INT64_MAX),
        "tax": st.integers(INT64_MIN, INT64_MAX),
        "service_from": st.none() | st.dates(),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=8, unique_by=lambda row: (row["receivable_id"], row["line_no"])))
def test_any_rows_come_back_exactly_however_often_they_are_loaded(
    ledger: Ledger, rows: list[dict[str, object]]
) -> None:
    with ledger.writing() as writing:
        writing.connection.execute(tables.receivable_line.delete())
    loaded = _lines(rows)

    assert _load(ledger, loaded) == len(rows)
    assert _load(ledger, loaded) == 0
    by_key = {(row["receivable_id"], row["line_no"]): row for row in _stored(ledger)}
    assert by_key == {(row["receivable_id"], row["line_no"]): row for row in rows}
