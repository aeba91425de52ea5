"""Importing bank files: money counts once, whatever reported it, in any order and however often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.bank_days import reverse_allocations
from csp_receivables.domain.imports import Outcome
from csp_receivables.domain.statements import BankReport, NoSuchStatement, State
from tests.camt_files import ACCOUNT, DAY, Detail, Entry, camt
from tests.examples import examples

GIVE_AND_TAKE = [
    Entry(amount="100.00", ref="A"),
    Entry(amount="40.00", ref="B"),
    Entry(amount="7.00", direction="DBIT", ref="C"),
]


def put(ledger: Ledger, folder: Path, *contents: bytes) -> list[BankReport]:
    paths = []
    for content in contents:
        path = folder / f"{len(list(folder.iterdir()))}.xml"
        path.write_bytes(content)
        paths.append(path)
    return wiring.import_bank(ledger, paths)


def counting(ledger: Ledger, account: str = ACCOUNT) -> list[Any]:
    """The lines that count now: their latest word."""
    with ledger.reading() as connection:
        rows = connection.execute(select(tables.payment).where(tables.payment.c.account == account)).all()
        later = select(tables.payment_state).order_by(tables.payment_state.c.recorded_at)
        words = {(row.payment_id, row.family): row.counts for row in connection.execute(later)}
    return sorted(
        (row for row in rows if words.get((row.payment_id, row.family), row.counts)), key=lambda row: row.payment_id
    )


def total(ledger: Ledger, account: str = ACCOUNT) -> int:
    return sum(row.amount for row in counting(ledger, account))


def rows_of_all_tables(ledger: Ledger) -> dict[str, int]:
    with ledger.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }


def test_importing_twice_changes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    content = camt(GIVE_AND_TAKE)
    first = put(ledger, tmp_path, content)[0]
    before = rows_of_all_tables(ledger)

    again = put(ledger, tmp_path, content)[0]

    assert (first.file.outcome, first.file.new_facts) == (Outcome.IMPORTED, 3)
    assert (again.file.outcome, again.file.new_facts) == (Outcome.ALREADY_KNOWN, 0)
    assert again.statements[0].statement.closing == first.statements[0].statement.closing
    assert rows_of_all_tables(ledger) == before
    assert total(ledger) == 13_300


def test_a_re_export_of_the_same_entries_adds_no_money(ledger: Ledger, tmp_path: Path) -> None:
    entries = [*GIVE_AND_TAKE, Entry(amount="5.00"), Entry(amount="5.00")]
    put(ledger, tmp_path, camt(entries), camt(entries, number="2"))

    assert len(counting(ledger)) == 5


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0), (0, 1, 0)])
def test_equal_entries_on_two_pages_both_count_in_any_order(
    ledger: Ledger, tmp_path: Path, order: Sequence[int]
) -> None:
    """Equal payments without a bank's id on consecutive pages are two; the day exported whole adds none."""
    pages = [
        camt([Entry(amount="5.00")] * 2, number="1", opening="0.00"),
        camt([Entry(amount="5.00")] * 3, number="2", opening="10.00"),
        camt([Entry(amount="5.00")] * 5, number="W", opening="0.00"),
    ]

    put(ledger, tmp_path, *(pages[place] for place in order))

    assert total(ledger) == 2_500


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_export_that_comes_to_nothing_is_no_page_of_the_larger_one(
    ledger: Ledger, tmp_path: Path, order: Sequence[int]
) -> None:
    """+5 and -5, exported again in the evening with +7: the +5 came in once."""
    noon = [Entry(amount="5.00"), Entry(amount="5.00", direction="DBIT")]
    exports = [
        camt(noon, number="1", opening="100.00"),
        camt([*noon, Entry(amount="7.00")], number="2", opening="100.00"),
    ]

    put(ledger, tmp_path, *(exports[place] for place in order))

    assert sum(row.amount for row in counting(ledger) if row.amount > 0) == 1_200


def test_pages_in_one_file_go_on_counting(ledger: Ledger, tmp_path: Path) -> None:
    first = camt([Entry(amount="5.00")], number="1")
    second = camt([Entry(amount="5.00")], number="2", opening="5.00")
    inner = second[second.index(b"<Stmt>") : second.index(b"</BkToCstmrStmt>")]
    put(ledger, tmp_path, first.replace(b"</BkToCstmrStmt>", inner + b"</BkToCstmrStmt>"))

    assert total(ledger) == 1_000


def test_a_notification_counts_until_the_statement_takes_its_place(ledger: Ledger, tmp_path: Path) -> None:
    put(ledger, tmp_path, camt([GIVE_AND_TAKE[0], Entry(amount="9.00", ref="X")], "camt.054"))
    before = total(ledger)

    report = put(ledger, tmp_path, camt(GIVE_AND_TAKE))[0]

    assert before == 10_900
    assert total(ledger) == 13_300
    assert [finding.code for finding in report.file.findings] == ["bank.not_in_statement"]


@pytest.mark.parametrize("statement_first", [True, False])
def test_details_of_a_notification_are_used_when_they_add_up(
    ledger: Ledger, tmp_path: Path, statement_first: bool
) -> None:
    batch = [Detail(amount="60.00", text="one"), Detail(amount="40.00", text="two")]
    files = [
        camt([Entry(amount="100.00", ref="A")]),
        camt([Entry(amount="100.00", ref="A", details=batch)], "camt.054"),
    ]

    put(ledger, tmp_path, *(files if statement_first else files[::-1]))

    assert sorted((row.amount, row.text, row.family) for row in counting(ledger)) == [
        (4_000, "two", "camt.054"),
        (6_000, "one", "camt.054"),
    ]


def test_entries_without_ids_join_by_what_is_unique(ledger: Ledger, tmp_path: Path) -> None:
    named = [Detail(amount="100.00", end_to_end="E2E-1", text="said differently", reference="RF18539007547034")]
    plain = [Detail(amount="100.00", end_to_end="E2E-1", text="as the statement says")]
    put(
        ledger,
        tmp_path,
        camt([Entry(amount="100.00", details=named)], "camt.054"),
        camt([Entry(amount="100.00", details=plain)]),
    )

    assert [(row.amount, row.family) for row in counting(ledger)] == [(10_000, "camt.053")]
    with ledger.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.finding)).scalar_one() == 0


def test_pending_entries_are_kept_and_never_count(ledger: Ledger, tmp_path: Path) -> None:
    put(ledger, tmp_path, camt([Entry(amount="5.00", ref="A", status="PDNG")], "camt.052"))
    pending = total(ledger)
    put(ledger, tmp_path, camt([Entry(amount="5.00", ref="A")], "camt.052"))

    assert (pending, total(ledger)) == (0, 500)


def test_a_statement_that_does_not_prove_counts_only_when_a_person_accepts_it(ledger: Ledger, tmp_path: Path) -> None:
    report = put(ledger, tmp_path, camt(GIVE_AND_TAKE, off_by="1.00"))[0]
    held = total(ledger)
    statement_id = report.statements[0].statement.statement_id

    wiring.accept_statement(ledger, statement_id, by="Ada", why="the bank confirmed a fee of 1.00")

    assert (report.statements[0].state, held, total(ledger)) == (State.HELD, 0, 13_300)
    with pytest.raises(NoSuchStatement, match="was accepted by Ada"):
        wiring.accept_statement(ledger, statement_id, by="Bo", why="again")
    with pytest.raises(NoSuchStatement, match="no statement 'nope'"):
        wiring.accept_statement(ledger, "nope", by="Bo", why="typo")


def test_a_sound_re_export_of_a_held_statement_counts(ledger: Ledger, tmp_path: Path) -> None:
    put(ledger, tmp_path, camt(GIVE_AND_TAKE, off_by="1.00"), camt(GIVE_AND_TAKE))

    assert total(ledger) == 13_300


def test_a_payment_that_stops_counting_gives_back_what_it_was_allocated_to(ledger: Ledger, tmp_path: Path) -> None:
    put(ledger, tmp_path, camt([Entry(amount="9.00", ref="X")], "camt.054"))
    row = {
        "allocation_id": "first", "source_kind": "payment", "source_id": counting(ledger)[0].payment_id,
        "receivable_id": "s/1", "amount": 900, "difference": 10, "currency": "SEK", "effective_on": DAY,
    }  # fmt: skip
    with ledger.writing() as writing:
        writing.connection.execute(insert(tables.allocation).values(**row, recorded_at=writing.recorded_at))

    put(ledger, tmp_path, camt(GIVE_AND_TAKE), camt(GIVE_AND_TAKE, number="again"))

    with ledger.reading() as connection:
        rows = connection.execute(select(tables.allocation).order_by(tables.allocation.c.amount)).all()
    assert [(r.amount, r.difference, r.reverses, r.rule) for r in rows] == [
        (-900, -10, "first", "absorbed"),
        (900, 10, "", ""),
    ]


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ("p", {("p", "s/1"): 0, ("p", ""): 0, ("r", "s/1"): 0, ("r", ""): 0}),
        ("r", {("p", "s/1"): 900, ("p", ""): 0, ("r", "s/1"): 0, ("r", ""): 0}),
    ],
)
def test_a_payment_or_return_that_stops_counting_lets_go_of_the_other(
    ledger: Ledger, gone: str, left: dict[tuple[str, str], int]
) -> None:
    """Payment p of 10.00 paid 9.00 with a difference of 0.10; return r of 5.00 took the rest and undid 4.00 of it."""
    made = [
        ("paid", "p", "s/1", 900, 10, ""),
        ("rest", "p", "", 100, 0, ""),
        ("rest-back", "r", "", -100, 0, "rest"),
        ("paid-back", "r", "s/1", -400, -10, "paid"),
    ]
    names = ("allocation_id", "source_id", "receivable_id", "amount", "difference", "reverses")
    rest = {"source_kind": "payment", "currency": "SEK", "effective_on": DAY}
    with ledger.writing() as writing:
        rows = [dict(zip(names, row, strict=True)) | rest | {"recorded_at": writing.recorded_at} for row in made]
        writing.connection.execute(insert(tables.allocation), rows)
        reverse_allocations(writing, [gone], "told otherwise")

        assert reverse_allocations(writing, [gone], "told otherwise") == 0
        kept = writing.connection.execute(select(tables.allocation)).all()
    sums = {key: sum(row.amount for row in kept if (row.source_id, row.receivable_id) == key) for key in left}
    assert left == sums
    assert sum(row.difference for row in kept) == (10 if gone == "r" else 0)


def test_a_refused_file_leaves_nothing_and_holds_up_no_other(ledger: Ledger, tmp_path: Path) -> None:
    bad = camt([Entry(amount="1.00", ref=f"R{n}") for n in range(3)])[:-60]  # cut off, after all of its entries

    reports = put(ledger, tmp_path, bad, b"%PDF-1.7", camt(GIVE_AND_TAKE))

    assert [report.file.outcome for report in reports] == [Outcome.REFUSED, Outcome.REFUSED, Outcome.IMPORTED]
    assert len(counting(ledger)) == 3


FRESH_ACCOUNTS = count(1)
ENTRY = st.builds(
    lambda amount, ref, parts, credit: (amount * parts, ref, parts, credit),
    st.integers(1, 3),
    st.booleans(),
    st.integers(0, 3).map(lambda n: max(n, 1)),
    st.booleans(),
)


@st.composite
def _days(draw: st.DrawFn) -> tuple[list[Entry], list[bytes]]:
    """A day's entries, the files that tell of it in a drawn order with repetitions."""
    made = []
    for place, (amount, has_ref, parts, credit) in enumerate(draw(st.lists(ENTRY, min_size=1, max_size=6))):
        details = [Detail(amount=str(amount // parts), end_to_end=f"E{place}-{n}") for n in range(parts)]
        made.append(
            Entry(
                amount=str(amount),
                ref=f"R{place}" if has_ref else "",
                direction="CRDT" if credit else "DBIT",
                details=details if parts > 1 else details[:1],
            )
        )
    whole = [
        Entry(amount=e.amount, ref=e.ref, direction=e.direction, details=e.details if not e.ref else ()) for e in made
    ]
    pending = [Entry(amount="4", ref="P", status="PDNG", booked_on=DAY + timedelta(days=1))]
    files = [
        camt(whole),
        camt([e for e in made if e.direction == "CRDT"], "camt.054"),
        camt([*made[: len(made) // 2], *pending], "camt.052"),
        camt(made, "camt.052", number="2"),
    ]
    order = draw(st.permutations([*range(len(files)), *draw(st.lists(st.integers(0, 3), max_size=3))]))
    return made, [files[place] for place in order]


@pytest.fixture(scope="module")
def one_ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    from tests.conftest import StandingClock
    from tests.migrated import upgraded

    ledger = Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('bank') / 'ledger.db'}", StandingClock())
    upgraded(ledger)
    ledger.mark("real", "development")
    return ledger


@examples(15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(day=_days())
def test_any_families_in_any_order_count_what_the_statement_alone_says(
    one_ledger: Ledger, tmp_path_factory: pytest.TempPathFactory, day: tuple[list[Entry], list[bytes]]
) -> None:
    entries, files = day
    account = f"SE{next(FRESH_ACCOUNTS):022d}"  # one ledger for all examples, an account for each
    put(one_ledger, tmp_path_factory.mktemp("files"), *(f.replace(ACCOUNT.encode(), account.encode()) for f in files))
    counted = counting(one_ledger, account)

    assert sum(row.amount for row in counted) == sum(int(entry.signed * 100) for entry in entries)
    # Every entry counts once, in the fullest telling that adds up: the same set whatever the order.
    assert sorted(row.amount for row in counted) == sorted(
        int(entry.signed * 100) // len(entry.details) for entry in entries for _ in entry.details
    )
    assert len({row.payment_id for row in counted}) == len(counted)
