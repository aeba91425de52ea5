"""The files of support and escalation: as shipped they are right; a fault is told with its line and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csp_receivables.adapters.checked_yaml import FileFaults
from csp_receivables.adapters.escalation_policy import read_escalation_policy
from csp_receivables.adapters.notices.text import as_text
from csp_receivables.adapters.seller import read_seller
from csp_receivables.adapters.support_policy import read_support_policy
from csp_receivables.adapters.support_terms import read_support_terms, terms_document
from csp_receivables.domain.escalation.items import ReportKind

POLICIES = Path(__file__).parents[2] / "include" / "policies"
NOTICES = POLICIES.parent / "templates" / "notices"
READERS: dict[str, Callable[[Path], Any]] = {
    "support.yaml": read_support_policy,
    "support_terms.yaml": read_support_terms,
    "escalation.yaml": read_escalation_policy,
}


@pytest.mark.parametrize("name", READERS)
def test_the_shipped_file_is_right(name: str) -> None:
    assert READERS[name](POLICIES / name)


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("support.yaml", "held: [advanced_support]", "held: [advanced_suport]", "Did you mean advanced_support?"),
        ("support.yaml", "days: mon-fri", "days: someday", "are no days"),
        ("support.yaml", 'closes: "17:00"', 'closes: "07:00"', "before it opens"),
        ("support.yaml", "country: SE", "country: XX", "no country"),
        ("support.yaml", "Europe/Stockholm", "Europe/Stokholm", "no time zone"),
        ("support.yaml", "topics: []", "topics: [invoise]", "Did you mean invoice?"),
        ("support.yaml", "name: premier_support", "name: advanced_support", "named twice"),
        ("support.yaml", "kinds: [commercial]", "kinds: [comercial]", "vehicles.0.kinds"),
        ("support.yaml", "held_by_all", "held_by_al", "Did you mean held_by_all?"),
        ("support_terms.yaml", "customers: {}", "customers: {K1: nobody}", "are no terms"),
        ("support_terms.yaml", "+46 8 123 456 10", "12", "phone"),
        ("escalation.yaml", "Head of finance <finance@molnpartner.example>", "finance", "is no mail address"),
        ("escalation.yaml", "shown_max: 15", "shown_max: 0", "shown_max"),
        ("escalation.yaml", "  findings: accounts receivable", "", "findings"),
    ],
)
def test_a_fault_is_told_with_its_line_and_remedy(tmp_path: Path, name: str, old: str, new: str, told: str) -> None:
    text = (POLICIES / name).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(FileFaults) as refused:
        READERS[name](tmp_path / name)

    assert told in str(refused.value)
    assert all(fault.line > 0 and fault.remedy for fault in refused.value.faults)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[1, 2]", b"a: {", b"a: 1\na: 2\n"])
def test_what_is_no_such_file_is_a_fault_and_no_crash(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    for path in (tmp_path / name, tmp_path / "nowhere.yaml"):
        with pytest.raises(FileFaults):
            READERS[name](path)


def test_each_kind_of_report_has_its_readers() -> None:
    policy = read_escalation_policy(POLICIES / "escalation.yaml")

    assert [reader.email for reader in policy.readers[ReportKind.DAILY]] == ["receivables@molnpartner.example"]
    assert len(policy.readers[ReportKind.WEEKLY]) == 2


@pytest.mark.parametrize(("language", "word"), [("en", "What is covered"), ("sv", "Vad som ingår"), ("xx", "Hours")])
def test_terms_are_a_document_in_the_reader_s_language(language: str, word: str) -> None:
    terms = read_support_terms(POLICIES / "support_terms.yaml")
    text = as_text(terms_document(terms.of("anybody"), read_seller(POLICIES / "seller.yaml"), language, NOTICES))

    assert word in text
    assert "support@molnpartner.example" in text


def test_a_provider_has_prices_and_customers_of_its_own(tmp_path: Path) -> None:
    shipped = (POLICIES / "support_terms.yaml").read_text(encoding="utf-8")
    other = """  - name: outsourced
    provider: Outside Help AB
    phone: +46 8 999 00 00
    email: help@outside.example
    days: mon-sun
    opens: "00:00"
    closes: "23:00"
    scope: {en: [incidents]}
    prices:
      - {what: {en: A call}, price: 99.50, currency: SEK}

customers: {K1: outsourced}
"""
    (tmp_path / "support_terms.yaml").write_text(shipped.replace("customers: {}\n", other), encoding="utf-8")
    book = read_support_terms(tmp_path / "support_terms.yaml", ("en",))

    assert (book.of("K1").provider, book.of("K1").prices[0].amount) == ("Outside Help AB", 9950)
    assert book.of("K2").provider == "Exempel Molnpartner AB"
    with pytest.raises(FileFaults, match="not there in 'sv'"):
        read_support_terms(tmp_path / "support_terms.yaml", ("en", "sv"))
