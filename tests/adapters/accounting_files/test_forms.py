"""A file is recognised by its header; one that changed is refused with the difference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from csp_receivables.adapters.accounting_files.forms import CANONICAL_FORMS, recognise
from csp_receivables.domain.accounting import CUSTOMER_FIELDS, LINE_FIELDS, FileRefused, Purpose
from tests.accounting_exports import RECEIVABLE_FIELDS, customer, customers_file, invoice, text_of


def header_only(folder: Path, *names: str) -> Path:
    path = folder / "file.csv"
    path.write_text(",".join(names) + "\n")
    return path


@pytest.mark.parametrize("order", [list, lambda names: list(reversed(names))], ids=["as documented", "another order"])
def test_the_header_says_which_file_it_is(tmp_path: Path, order: Callable[[object], list[str]]) -> None:
    form, header = recognise(header_only(tmp_path, *order(RECEIVABLE_FIELDS)), CANONICAL_FORMS)

    assert (form.purpose, form.name) == (Purpose.RECEIVABLES, "canonical")
    assert set(RECEIVABLE_FIELDS) == set(header)


def test_groups_of_columns_may_be_left_out_whole(tmp_path: Path) -> None:
    names = [name for name in RECEIVABLE_FIELDS if name not in (*LINE_FIELDS, "open", "stated_on", "seller")]

    form, _ = recognise(header_only(tmp_path, *names), CANONICAL_FORMS)

    assert Purpose.RECEIVABLES is form.purpose


@pytest.mark.parametrize("lost", RECEIVABLE_FIELDS[1:])
def test_a_column_that_is_gone_refuses_the_file(tmp_path: Path, lost: str) -> None:
    path = header_only(tmp_path, *(name for name in RECEIVABLE_FIELDS if name != lost))

    with pytest.raises(FileRefused, match=f"missing: {lost}"):
        recognise(path, CANONICAL_FORMS)


def test_the_difference_names_missing_unexpected_twice_and_what_was_meant(tmp_path: Path) -> None:
    names = [*(name for name in CUSTOMER_FIELDS if name != "org_number"), "Org-Number", "colour", "name"]

    with pytest.raises(FileRefused) as refusal:
        recognise(header_only(tmp_path, *names), CANONICAL_FORMS)

    assert refusal.value.findings[0].found == (
        "the header is not that of customers (canonical): missing: org_number; "
        "unexpected: Org-Number (is it org_number?), colour; twice: name"
    )
    assert refusal.value.findings[0].line == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "accounting.empty_file"),
        (b"\xef\xbb\xbf\r\n", "accounting.empty_file"),
        (b" \r\n\r\n", "accounting.empty_file"),
        (b"PK\x03\x04\x00\x00 a workbook", "accounting.not_text"),
        ("number".encode("utf-16"), "accounting.not_text"),
        (b"<?xml version='1.0'?><Document/>", "accounting.not_recognised"),
        (b"a,b,c\n1,2,3\n", "accounting.not_recognised"),
    ],
)
def test_what_is_neither_customers_nor_receivables_is_refused_by_what_it_is(
    tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(content)

    with pytest.raises(FileRefused) as refusal:
        recognise(path, CANONICAL_FORMS)

    assert [(code, "other.csv")] == [(f.code, f.source) for f in refusal.value.findings]


def test_another_separator_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text_of([invoice()], RECEIVABLE_FIELDS).replace(",", ";"))

    with pytest.raises(FileRefused, match="separated by ';' instead of ','"):
        recognise(path, CANONICAL_FORMS)


def test_the_name_of_a_file_says_nothing(tmp_path: Path) -> None:
    path = customers_file(tmp_path, customer(), name="receivables-2026-10.csv")

    form, _ = recognise(path, CANONICAL_FORMS)

    assert Purpose.CUSTOMERS is form.purpose
