"""The page, parsed as a browser would."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement

from csp_receivables.adapters.day_headline import Ageing
from csp_receivables.adapters.outside_text import visible_text
from csp_receivables.adapters.page import ROWS_MAX, count, money, share, write_page
from csp_receivables.adapters.page_charts import WIDTH, ageing_segments, bar_width
from csp_receivables.domain.day import Day, Mode
from tests.days import (
    allocation_row,
    coverage_rows,
    empty_day,
    feed_rows,
    sample_day,
    table_of,
    tie_out_rows,
    unapplied_rows,
)

TEMPLATES = Path(__file__).parents[2] / "include" / "templates"
THIN, WIDE = "\u202f", "\u00a0"  # no-break spaces: between thousands, before a unit


def _html(day: Day, folder: Path) -> str:
    write_page(day, folder / "day.html", TEMPLATES)
    return (folder / "day.html").read_text(encoding="utf-8")


def _page(day: Day, folder: Path) -> HtmlElement:
    return lxml.html.document_fromstring(_html(day, folder))


def _text(element: HtmlElement) -> str:
    return re.sub(r"[ \n]+", " ", element.text_content()).strip()


def _card(page: HtmlElement, currency: str) -> dict[str, str]:
    (card,) = page.xpath(f"//article[h3='{currency}']")
    return {_text(row.find("dt")): _text(row.find("dd")) for row in card.iter("div")}


def _verdicts(page: HtmlElement) -> list[str]:
    return [_text(item) for item in page.xpath("//ul[@class='verdicts']/li")]


def _unapplied(**fields: object) -> Day:
    return sample_day(unapplied=table_of("unapplied", [unapplied_rows()[0] | fields]))


def test_the_headline_has_the_figures_of_the_day(tmp_path: Path) -> None:
    page = _page(sample_day(), tmp_path)

    assert _card(page, "EUR") == {
        "Received": f"61{THIN}440.30",
        "Returned": f"1{THIN}200.00",
        "Allocated": f"60{THIN}090.30",
        "Unapplied": "150.00",
        "Open": f"49{THIN}459.35",
        "Overdue": f"12{THIN}678.95",
        "Vendor invoices, before tax": f"59{THIN}620.45",
        "of it covered": f"59{WIDE}%",
        "missing, next due 2026\u201111\u201109": f"24{THIN}170.87",
    }
    assert _card(page, "JPY")["Received"] == f"2{THIN}412{THIN}000"


def test_the_verdicts_come_first(tmp_path: Path) -> None:
    assert _verdicts(_page(sample_day(), tmp_path)) == [
        "✓ Ties to the last minor unit",
        "! 4 findings: 1 refused, 2 held, 1 warning",
        f"◔ Vendor invoices covered: EUR 59{WIDE}% · JPY 20{WIDE}% · SEK 78{WIDE}%",
        "! 1 of 3 bank feeds not fresh",
    ]


def test_a_day_that_does_not_tie_says_so_first(tmp_path: Path) -> None:
    rows = [tie_out_rows()[0] | {"right": 0, "difference": -1}]
    page = _page(sample_day(tie_out=table_of("tie_out", rows)), tmp_path)

    assert _verdicts(page)[0] == "✗ Does not tie"
    assert "−0.01" in _text(page.get_element_by_id("tie_out"))


def test_the_page_says_when_and_by_what_run_it_was_made(tmp_path: Path) -> None:
    day = replace(sample_day(), mode=Mode.HISTORICAL, known_at="2026-11-01T06:30:00+01:00")
    (identity,) = _page(day, tmp_path).find_class("identity")

    assert _text(identity) == "Known at 2026-11-01 05:30 UTC · historical run: looks back, books nothing"


@pytest.mark.parametrize("is_demo", [True, False])
def test_only_a_demo_has_the_banner(tmp_path: Path, is_demo: bool) -> None:
    page = _page(replace(sample_day(), is_demo=is_demo), tmp_path)

    assert bool(page.find_class("demo")) is is_demo
    assert page.findtext(".//title").startswith("DEMO") is is_demo


def test_a_page_for_one_customer_says_that_its_totals_are_of_all(tmp_path: Path) -> None:
    whole = _page(sample_day(), tmp_path)
    page = _page(sample_day().only(["C1004"]), tmp_path)

    (note,) = page.xpath("//*[@role='note'][contains(., 'Limited')]")
    assert _text(note) == f"Limited {sample_day().only(['C1004']).limits}"
    assert "totals are of all customers" in _text(note)
    assert "Limited" not in _text(whole)
    assert _card(page, "SEK") == _card(whole, "SEK")
    assert _card(page, "EUR")["Overdue"] == _card(whole, "EUR")["Overdue"]


def test_each_feed_has_its_age(tmp_path: Path) -> None:
    never = feed_rows()[0] | {"account": "SE-never", "newest_booking_on": None}
    page = _page(sample_day(feeds=table_of("feeds", [*feed_rows(), never])), tmp_path)
    ages = [_text(cell) for cell in page.xpath("//section[@id='feeds']//tbody/tr/td[4]")]

    assert ages == ["same day", "1 day old", "6 days old", "no booking yet"]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</style></table>{{ 7*7 }}{% raw %}",
        "&lt;b&gt;",
        "javascript:alert(1)",
        "مؤسسة الخليج",
    ],
)
def test_text_from_outside_is_text(tmp_path: Path, text: str) -> None:
    page = _page(_unapplied(payer_name=text, text=text), tmp_path)
    shown = [element.text for element in page.iter("bdi")]

    assert shown.count(text) == 2
    assert not list(page.iter("script", "img", "b/img"))
    assert not page.xpath("//@onerror")


def test_what_turns_the_reading_direction_is_shown_by_its_name(tmp_path: Path) -> None:
    html = _html(_unapplied(payer_name="ACME \u202e0001\u202c\u2066x\u2069"), tmp_path)

    assert "ACME ⟨RLO⟩0001⟨PDF⟩⟨LRI⟩x⟨PDI⟩" in html
    assert not set(html) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@settings(max_examples=25, deadline=None)
@given(text=st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_shown_whole(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    page = _page(_unapplied(payer_name=f"begin {text} end"), tmp_path_factory.mktemp("page"))

    assert visible_text(f"begin {text} end") in [element.text for element in page.iter("bdi")]


def test_the_page_asks_for_nothing_from_outside(tmp_path: Path) -> None:
    html = _html(sample_day(), tmp_path)
    page = lxml.html.document_fromstring(html)
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")

    assert policy.startswith("default-src 'none'; ")
    assert not list(page.iter("script", "link", "iframe", "object", "embed", "form"))
    assert not page.xpath("//@src | //@*[starts-with(name(), 'on')]")
    assert all(link.startswith("#") for link in page.xpath("//@href"))
    assert "://" not in html
    assert "url(" not in html
    assert "@import" not in html


def test_every_link_leads_somewhere_on_the_page(tmp_path: Path) -> None:
    rows = [tie_out_rows()[0] | {"difference": 1}]
    page = _page(sample_day(tie_out=table_of("tie_out", rows)), tmp_path)
    ids = page.xpath("//@id")

    assert {link.removeprefix("#") for link in page.xpath("//@href")} == {"tie_out", "findings", "coverage", "feeds"}
    assert {"tie_out", "findings", "coverage", "feeds"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_tables_can_be_read_aloud(tmp_path: Path) -> None:
    page = _page(sample_day(), tmp_path)
    tables = list(page.iter("table"))

    assert len(tables) == 11
    assert all(_text(table.find("caption")) for table in tables)
    assert all(heading.get("scope") == "col" for heading in page.iter("th"))
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in page.iter("svg"))


def test_long_tables_end_with_how_many_more_there_are(tmp_path: Path) -> None:
    rows = [allocation_row(number) for number in range(ROWS_MAX + 1_234)]
    section = _page(sample_day(allocations=table_of("allocations", rows)), tmp_path).get_element_by_id("allocations")

    assert len(list(section.iter("tbody"))) == ROWS_MAX
    assert _text(section.find_class("more")[0]) == f"1{THIN}234 more in the workbook."


def test_a_table_of_as_many_rows_as_fit_ends_with_nothing(tmp_path: Path) -> None:
    rows = [allocation_row(number) for number in range(ROWS_MAX)]
    section = _page(sample_day(allocations=table_of("allocations", rows)), tmp_path).get_element_by_id("allocations")

    assert section.find_class("more") == []


def test_findings_have_the_most_serious_first(tmp_path: Path) -> None:
    section = _page(sample_day(), tmp_path).get_element_by_id("findings")

    assert [_text(mark) for mark in section.find_class("mark")] == ["refused", "held", "held", "warning"]


def test_an_empty_day_says_that_nothing_is_there(tmp_path: Path) -> None:
    page = _page(empty_day(), tmp_path)

    assert _verdicts(page) == ["– No money has moved: nothing to tie", "✓ No findings"]
    assert len(page.find_class("empty")) == 14
    assert not list(page.iter("table"))


def test_an_invoice_past_its_day_is_marked_unless_it_is_covered(tmp_path: Path) -> None:
    late = coverage_rows()[0] | {"days_to_due": -1, "missing": 1, "covered_per_mille": 999}
    today = coverage_rows()[0] | {"days_to_due": 0}
    page = _page(sample_day(coverage=table_of("coverage", [coverage_rows()[0], late, today])), tmp_path)

    assert [(_text(due), "alarm" in due.get("class")) for due in page.xpath("//ol//span[contains(@class, 'due')]")] == [
        ("was due 6 days ago", False),
        ("was due 1 day ago", True),
        ("due today", False),
    ]


def test_the_same_day_gives_the_same_bytes(tmp_path: Path) -> None:
    assert _html(sample_day(), tmp_path) == _html(sample_day(), tmp_path)


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (0, "EUR", "0.00"),
        (-123_456_789, "SEK", f"−1{THIN}234{THIN}567.89"),
        (1_234_567, "JPY", f"1{THIN}234{THIN}567"),
        (1_234_567, "KWD", f"1{THIN}234.567"),
        (100, "ISK", "100"),
        (2**63 - 1, "EUR", f"92{THIN}233{THIN}720{THIN}368{THIN}547{THIN}758.07"),
        (None, "EUR", "–"),
        (5, "???", f"5{WIDE}minor{WIDE}units"),
    ],
)
def test_money_has_the_decimals_of_its_currency(minor: int | None, currency: str, shown: str) -> None:
    assert money(minor, currency) == shown


def test_almost_all_is_not_all() -> None:
    assert (share(999), share(1000), share(None)) == (f"99{WIDE}%", f"100{WIDE}%", "–")
    assert count(1_048_576) == f"1{THIN}048{THIN}576"


@given(amounts=st.lists(st.integers(-(10**12), 10**12), min_size=5, max_size=5))
def test_the_parts_of_a_bar_fill_it(amounts: list[int]) -> None:
    buckets = dict(zip(("not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90"), amounts, strict=True))
    segments = ageing_segments(Ageing(currency="SEK", open=sum(amounts), overdue=0, buckets=buckets))

    assert sum(part.width for part in segments) == (WIDTH if any(amount > 0 for amount in amounts) else 0)
    assert all(part.width >= 0 for part in segments)
    assert [part.left for part in segments] == [sum(p.width for p in segments[:n]) for n in range(len(segments))]


@pytest.mark.parametrize(("per_mille", "width"), [(-5, 0), (0, 0), (1, 1), (999, 999), (1000, 1000), (1500, 1000)])
def test_a_bar_is_never_longer_than_its_track(per_mille: int, width: int) -> None:
    assert bar_width(per_mille) == width
