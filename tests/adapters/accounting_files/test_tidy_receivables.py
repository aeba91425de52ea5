"""Reading column by column gives what reading row by row gives, and is used wherever nothing is in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csp_receivables.adapters.accounting_files import receivables
from csp_receivables.adapters.accounting_files.forms import CANONICAL_FORMS, Form
from csp_receivables.adapters.accounting_files.tidy_receivables import ROWS_MAX, Tidy, TidyReader
from csp_receivables.domain.findings import Finding
from tests.accounting_exports import RECEIVABLE_FIELDS, invoice, receivables_file

CANONICAL = next(form for form in CANONICAL_FORMS if form.purpose == "receivables")
NEGATIVE_CREDITS = replace(CANONICAL, credit_amounts_negative=True)
GERMAN = replace(CANONICAL, decimal_mark=",", thousands_mark=".", date_format="%d.%m.%Y")
GERMAN_WORDS = {"issued_on": "1.10.2026", "due_on": "31.10.2026", "net": "100,00", "tax": "25", "gross": "125,0"}

# What a field may hold beside what is good: most of it is refused, some only another way to write the same.
STRANGE = {
    "number": ["1001", "1002", " 1002", "", "1003"],
    "kind": ["invoice", "credit_note", "other"],
    "issued_on": ["2026-10-01", " 2026-10-01 ", "2026-13-01", "01.10.2026", ""],
    "currency": ["SEK", "JPY", "KWD", "XXX", ""],
    "net": ["100.00", "100", "100.0", "-100.00", "1e2", "100,00", "100.005", "123456789012", "99999999999", "", "+100"],
    "gross": ["125.00", "125", "-125", "124.99", "100"],
    "tax": ["25", "25.00", "0", "-25"],
    "open": ["", "5", "5.00", "x"],
    "stated_on": ["", "2026-10-02"],
    "line_net": ["", "50", "50.00", "100", "0", " "],
    "line_tax": ["", "12.50", "25", "0"],
    "tax_rate": ["", "25", "25,0", "25 %", "101"],
    "service_from": ["", "2026-09-01", "2026-09-31"],
    "service_until": ["", "2026-08-31", "2026-09-30"],
    "seller": ["", "other"],
    "description": ["", " Licences ", "a\u00a0b", "bell \x07"],
}
ROWS = st.lists(
    st.lists(st.sampled_from(sorted(STRANGE)), max_size=2, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: st.sampled_from(STRANGE[name]) for name in names})
    ),
    max_size=8,
)
Read = tuple[list[pa.Table], list[Finding]]


class OneByOne(TidyReader):
    """Is in doubt about everything."""

    def read(self, _rows: Sequence[Sequence[str]]) -> None:
        return None


def read(path: Path, form: Form, tidy: type[TidyReader] = TidyReader) -> Read:
    batches = list(receivables.read_receivables(path, form, RECEIVABLE_FIELDS, "partner", tidy=tidy))
    tables = [table for batch in batches for table in (batch.receivables, batch.lines, batch.stated_open)]
    return tables, [finding for batch in batches for finding in batch.findings]


def read_one_by_one(path: Path, form: Form) -> Read:
    return read(path, form, OneByOne)


def taken_together(path: Path, form: Form = CANONICAL) -> list[bool]:
    """For each piece of the file, whether it was read column by column."""
    taken = []

    class Watched(TidyReader):
        def read(self, rows: Sequence[Sequence[str]]) -> Tidy | None:
            tidy = TidyReader.read(self, rows)
            taken.append(tidy is not None)
            return tidy

    read(path, form, Watched)
    return taken


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, at_once=st.integers(1, 4), batch=st.integers(1, 6), form=st.sampled_from([CANONICAL, GERMAN]))
def test_both_ways_read_the_same_and_say_the_same(
    tmp_path: Path, rows: list[dict[str, str]], at_once: int, batch: int, form: Form
) -> None:
    good = (
        {} if form is CANONICAL else {"issued_on": "01.10.2026", "due_on": "31.10.2026", "net": "100", "gross": "125"}
    )
    path = receivables_file(
        tmp_path, *(invoice(**{"number": f"{n // 2}", **good, **row}) for n, row in enumerate(rows))
    )

    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(receivables, "LINES_AT_ONCE", at_once)
        limits.setattr(receivables, "LINES_PER_BATCH", batch)
        assert read(path, form) == read_one_by_one(path, form)


GOOD = [
    ("plain", CANONICAL, {}),
    ("blanks", CANONICAL, {"net": " 100.00", "number": "1001 ", "description": " x "}),
    ("few decimals", CANONICAL, {"net": "100", "tax": "25.0"}),
    ("more zeros than the currency has decimals", CANONICAL, {"net": "100.0000"}),
    ("no decimals in the currency", CANONICAL, {"currency": "JPY", "net": "100", "tax": "25", "gross": "125"}),
    ("three decimals", CANONICAL, {"currency": "KWD", "net": "99.999", "tax": "0.001", "gross": "100"}),
    ("open", CANONICAL, {"open": "5.00", "stated_on": "2026-10-31"}),
    ("eleven digits", CANONICAL, {"net": "99999999999.99", "tax": "0", "gross": "99999999999.99"}),
    ("its own line", CANONICAL, {"line_net": "100", "line_tax": "25", "tax_rate": "25"}),
    ("a turned credit note", NEGATIVE_CREDITS,
     {"kind": "credit_note", "net": "-100", "tax": "-25", "gross": "-125", "line_net": "-100", "line_tax": "-25"}),
    ("a comma", GERMAN, GERMAN_WORDS),
]  # fmt: skip


@pytest.mark.parametrize(("what", "form", "fields"), GOOD, ids=[what for what, *_ in GOOD])
def test_what_is_in_order_is_read_column_by_column(
    tmp_path: Path, what: str, form: Form, fields: dict[str, str]
) -> None:
    path = receivables_file(tmp_path, invoice(**fields))
    tables, findings = read(path, form)

    assert taken_together(path, form) == [True], what
    assert (tables, findings) == read_one_by_one(path, form)
    assert [table.num_rows for table in tables[:2]] == [1, 1]
    assert findings == []


@pytest.mark.parametrize(
    "fields",
    [
        {"net": "100000000000.00", "tax": "0", "gross": "100000000000.00"},
        {"net": "1e2"},
        {"net": "99.9950", "gross": "124.995"},
        {"net": "+100.00"},
        {"gross": "125.01"},
        {"due_on": "2026-02-30"},
        {"currency": "XXX"},
        {"open": "5.00"},
        {"line_net": "100.00"},
    ],
)
def test_what_is_in_doubt_is_read_one_by_one(tmp_path: Path, fields: dict[str, str]) -> None:
    assert taken_together(receivables_file(tmp_path, invoice(**fields))) == [False]


def test_a_doubt_is_about_its_own_piece_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [invoice(number=f"{n}", net="1" if n == 4 else "100.00") for n in range(9)]
    path = receivables_file(tmp_path, *rows)

    monkeypatch.setattr(receivables, "LINES_AT_ONCE", 3)
    assert taken_together(path) == [True, False, True]
    assert read(path, CANONICAL) == read_one_by_one(path, CANONICAL)


def test_a_number_of_an_earlier_piece_is_refused_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receivables, "LINES_AT_ONCE", 1)
    path = receivables_file(tmp_path, *(invoice(number=number) for number in ("1", "2", "1")))
    _, findings = read(path, CANONICAL)

    assert [(finding.code, finding.line) for finding in findings] == [("receivable.number_twice", 4)]


@pytest.mark.parametrize(("rows", "together"), [(ROWS_MAX, True), (ROWS_MAX + 1, False)])
def test_a_receivable_of_very_many_rows_is_read_one_by_one(tmp_path: Path, rows: int, together: bool) -> None:
    whole = {"net": f"{rows}", "tax": "0", "gross": f"{rows}"}
    path = receivables_file(tmp_path, *(invoice(**whole, line_net="1", line_tax="0") for _ in range(rows)))

    assert taken_together(path) == [together]
    assert read(path, CANONICAL) == read_one_by_one(path, CANONICAL)
