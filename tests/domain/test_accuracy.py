"""Bookings and suggestions are judged strictly against the truth, one payment's amount on one receivable at a time."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from csp_receivables.domain.accuracy import TRUTH, Accuracy, TruthDiffers, judge
from csp_receivables.domain.records import ALLOCATION, BANK_LINE, RECEIVABLE, SUGGESTION

DAY = date(2026, 3, 2)


def _blank(schema: pa.Schema) -> dict[str, Any]:
    """A row that says nothing."""
    empty = {pa.string(): "", pa.int64(): 0, pa.date32(): DAY}
    return {field.name: None if field.nullable else empty.get(field.type) for field in schema}


def _line(name: str, amount: int, **changes: Any) -> dict[str, Any]:
    row = _blank(BANK_LINE) | {
        "payment_id": name, "bank_ref": name, "account": "A", "booked_on": DAY, "value_on": DAY, "currency": "SEK",
        "amount": amount, "status": "booked", "kind": "payment", "entry_no": 1, "detail_no": 0,
    }  # fmt: skip
    return row | changes


def _true(name: str, amount: int, *pays: tuple[str, int], **changes: Any) -> list[dict[str, Any]]:
    row = {
        "account": "A", "booked_on": DAY, "bank_ref": name, "end_to_end": "", "currency": "SEK", "amount": amount,
        "kind": "payment", "habit": "one", "says": "reference", "customer_id": "K1",
    } | changes  # fmt: skip
    paid = pays or (("", 0),)
    return [
        row | {"part": part, "receivable_id": receivable, "pays": minor}
        for part, (receivable, minor) in enumerate(paid, 1)
    ]


def _booked(name: str, receivable: str, amount: int, rule: str = "exact_reference") -> dict[str, Any]:
    return _blank(ALLOCATION) | {
        "allocation_id": f"{name}{receivable}{amount}", "source_kind": "payment", "source_id": name,
        "receivable_id": receivable, "amount": amount, "difference": 0, "currency": "SEK", "rule": rule,
        "because": "so it is", "effective_on": DAY,
    }  # fmt: skip


def _suggested(name: str, receivable: str, amount: int, option: int = 1) -> dict[str, Any]:
    return {
        "payment_id": name, "receivable_id": receivable, "amount": amount, "currency": "SEK", "option": option,
        "rule": "name_likeness", "because": "so it seems",
    }  # fmt: skip


def _judge(
    lines: list[dict[str, Any]],
    truth: list[list[dict[str, Any]]],
    booked: list[dict[str, Any]] | None = None,
    suggested: list[dict[str, Any]] | None = None,
) -> Accuracy:
    with duckdb.connect() as connection:
        return judge(
            connection,
            truth=pa.Table.from_pylist([row for rows in truth for row in rows], schema=TRUTH),
            payments=pa.Table.from_pylist(lines, schema=BANK_LINE),
            receivables=RECEIVABLE.empty_table(),
            allocations=pa.Table.from_pylist(booked or [], schema=ALLOCATION),
            suggested=pa.Table.from_pylist(suggested or [], schema=SUGGESTION),
            days=1,
        )


def test_a_booking_is_right_when_receivable_and_amount_are_true() -> None:
    found = _judge([_line("p", 500)], [_true("p", 500, ("r1", 300), ("r2", 200))],
                   [_booked("p", "r1", 300), _booked("p", "r2", 200)])  # fmt: skip

    assert (found.bookings, found.right, found.booked, found.wrong) == (2, 2, 1, [])


@pytest.mark.parametrize("booked", [_booked("p", "r2", 500), _booked("p", "r1", 499)], ids=["receivable", "amount"])
def test_another_receivable_or_another_amount_is_wrong_and_listed(booked: dict[str, Any]) -> None:
    found = _judge([_line("p", 500)], [_true("p", 500, ("r1", 500))], [booked])

    (wrong,) = found.wrong
    assert (found.bookings, found.right) == (1, 0)
    assert (wrong.payment_id, wrong.receivable_id, wrong.rule, wrong.truth) == (
        "p", booked["receivable_id"], "exact_reference", "r1 500",
    )  # fmt: skip


def test_money_that_pays_nothing_is_wrong_wherever_it_is_booked() -> None:
    found = _judge([_line("p", 500)], [_true("p", 500, habit="duplicate")], [_booked("p", "r1", 500)])

    assert [wrong.truth for wrong in found.wrong] == ["nothing"]
    assert (found.values[0].booked, found.values[0].right) == (500, 0)


def test_a_return_is_right_when_it_takes_back_what_its_payment_paid() -> None:
    lines = [_line("p", 500), _line("back", -500, kind="return")]
    truth = [_true("p", 500, ("r1", 500)), _true("back", -500, ("r1", -500), kind="return")]
    found = _judge(lines, truth, [_booked("p", "r1", 500), _booked("back", "r1", -500, "returned_payment")])

    assert found.wrong == []
    assert (found.payments, found.values[0].received, found.values[0].allocated) == (1, 0, 0)


def test_what_was_booked_and_reversed_again_is_no_booking() -> None:
    found = _judge([_line("p", 500)], [_true("p", 500, ("r1", 500))],
                   [_booked("p", "r2", 500), _booked("p", "r2", -500)])  # fmt: skip

    assert (found.bookings, found.booked, found.wrong) == (0, 0, [])


@pytest.mark.parametrize(
    ("suggested", "is_right"),
    [
        ([_suggested("p", "r1", 300), _suggested("p", "r2", 200)], True),
        ([_suggested("p", "r1", 300)], False),
        ([_suggested("p", "r3", 500), _suggested("p", "r1", 300, 2), _suggested("p", "r2", 200, 2)], False),
    ],
    ids=["whole", "half", "second place"],
)
def test_a_suggestion_is_right_when_its_first_place_is_the_whole_truth(
    suggested: list[dict[str, Any]], is_right: bool
) -> None:
    found = _judge([_line("p", 500)], [_true("p", 500, ("r1", 300), ("r2", 200))], suggested=suggested)

    assert (found.suggested, found.right_first) == (1, int(is_right))


def test_what_was_suggested_first_and_booked_later_counts_as_booked() -> None:
    found = _judge([_line("p", 500)], [_true("p", 500, ("r1", 500))], [_booked("p", "r1", 500)],
                   [_suggested("p", "r1", 500)])  # fmt: skip

    assert (found.booked, found.suggested) == (1, 0)


def test_more_allocated_than_came_in_is_not_conserved() -> None:
    lines, truth = [_line("p", 500), _line("q", 900)], [_true("p", 500, ("r1", 500)), _true("q", 900, ("r2", 900))]

    assert _judge(lines, truth, [_booked("p", "r1", 500)]).is_conserved
    assert not _judge(lines, truth, [_booked("p", "r1", 501)]).is_conserved


def test_a_wrong_digit_counts_among_the_payments_with_a_reference() -> None:
    lines = [_line("p", 500), _line("q", 900), _line("s", 700)]
    truth = [_true("p", 500), _true("q", 900, says="wrong_digit"), _true("s", 700, says="text")]

    assert _judge(lines, truth).with_reference == 2


@pytest.mark.parametrize(
    ("lines", "truth"),
    [
        ([_line("p", 500)], [_true("p", 500), _true("q", 900)]),
        ([_line("p", 500), _line("q", 900)], [_true("p", 500)]),
        ([_line("p", 500)], [_true("p", 501)]),
        ([_line("p", 500), _line("p2", 500, bank_ref="p")], [_true("p", 500)]),
    ],
    ids=["not read", "not true", "amount", "twice"],
)
def test_truth_and_files_that_are_not_of_one_world_are_refused(
    lines: list[dict[str, Any]], truth: list[list[dict[str, Any]]]
) -> None:
    with pytest.raises(TruthDiffers, match="lines of the truth"):
        _judge(lines, truth)
