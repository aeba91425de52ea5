"""Which lines are money when a clearing house tells of the payments behind one credit on the account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import combinations, permutations

import pytest

from csp_receivables.domain.booked_money import (
    FAMILIES,
    PROVING_FAMILIES,
    SETTLED_FAMILIES,
    Judgement,
    ReportedLine,
    judge,
)

ACCOUNT, DAY = "0009912346", date(2026, 10, 15)
CLEARING = sorted(SETTLED_FAMILIES)


def line(
    family: str, entry: str, *amounts: int, text: str = "", end_to_end: str = "", statement: str = "s"
) -> list[ReportedLine]:
    """One entry as `family` tells it: its details, or the entry as a whole when there is one amount of a bank."""
    whole = len(amounts) == 1 and family not in SETTLED_FAMILIES
    return [
        ReportedLine(
            payment_id=f"{family} {entry} {number}",
            family=family,
            entry_id=entry,
            detail_no=0 if whole else number,
            currency="SEK",
            amount=amount,
            end_to_end=end_to_end,
            text=text,
            statements=frozenset({statement} if statement else ()),
        )
        for number, amount in enumerate(amounts, 1)
    ]


def judged(*entries: Sequence[ReportedLine], stated: bool = False) -> Judgement:
    return judge(ACCOUNT, DAY, [each for entry in entries for each in entry], stated_by={"camt.053"} if stated else ())


def amounts(judgement: Judgement, *entries: Sequence[ReportedLine]) -> list[int]:
    return sorted(each.amount for entry in entries for each in entry if each.key in judgement.counts)


@pytest.mark.parametrize("family", CLEARING)
def test_a_clearing_houses_payments_count_while_nothing_else_tells_of_the_day(family: str) -> None:
    deposit = line(family, "d", 700, 300)

    judgement = judged(deposit)

    assert (amounts(judgement, deposit), judgement.source, judgement.findings) == ([300, 700], family, ())


@pytest.mark.parametrize("family", CLEARING)
@pytest.mark.parametrize("source", ["camt.053", "camt.054", "camt.052"])
def test_the_payments_take_the_place_of_the_one_credit_of_their_sum(family: str, source: str) -> None:
    """The bank names the credit otherwise than the clearing house: the sum, once in the day, tells which it is."""
    deposit, credit, other = (
        line(family, "d", 700, 300),
        line(source, "c", 1_000, text="Bg 123"),
        line(source, "o", 500),
    )

    judgement = judged(deposit, credit, other, stated=source == "camt.053")

    assert amounts(judgement, deposit, credit, other) == [300, 500, 700]
    assert (judgement.source, judgement.findings) == (source, ())


@pytest.mark.parametrize("family", CLEARING)
def test_a_deduction_is_part_of_the_sum(family: str) -> None:
    deposit, credit = line(family, "d", 1_200, -200), line("camt.053", "c", 1_000)

    assert amounts(judged(deposit, credit, stated=True), deposit, credit) == [-200, 1_200]


@pytest.mark.parametrize("family", CLEARING)
@pytest.mark.parametrize("source", ["camt.053", "camt.054"])
@pytest.mark.parametrize("credits", [(), (999,), (1_001,), (1_000, 1_000)])
def test_a_deposit_that_fits_no_credit_or_several_is_a_finding_and_no_money(
    family: str, source: str, credits: tuple[int, ...]
) -> None:
    deposit = line(family, "d", 700, 300)
    told = [line(source, "other", 5), *(line(source, f"c{n}", amount) for n, amount in enumerate(credits))]

    judgement = judged(deposit, *told, stated=source == "camt.053")

    assert amounts(judgement, deposit, *told) == sorted([5, *credits])
    assert [(finding.code, finding.amount) for finding in judgement.findings] == [("bank.not_in_statement", 1_000)]
    assert f"{family} reports 10.00 SEK" in judgement.findings[0].found


def test_two_deposits_of_one_sum_are_not_guessed_apart() -> None:
    first, second = line("bgmax", "d1", 700, 300), line("bgmax", "d2", 600, 400)
    credits = [line("camt.053", "c1", 1_000), line("camt.053", "c2", 1_000)]

    judgement = judged(first, second, *credits, stated=True)

    assert amounts(judgement, first, second, *credits) == [1_000, 1_000]
    assert len(judgement.findings) == 2


def test_the_banks_own_details_are_kept_when_they_are_as_many() -> None:
    deposit, credit = line("bgmax", "d", 700, 300), line("camt.053", "c", 700, 300)

    assert {family for _, family in judged(deposit, credit, stated=True).counts} == {"camt.053"}


def test_a_sum_alone_never_joins_what_two_banks_files_tell() -> None:
    """Only a clearing house lacks the bank's name of the credit; a notification has it, or its text."""
    notified, credit = line("camt.054", "n", 1_000, text="one"), line("camt.053", "c", 1_000, text="other")

    assert [finding.code for finding in judged(notified, credit, stated=True).findings] == ["bank.not_in_statement"]


def test_a_held_deposit_adds_nothing() -> None:
    deposit, credit = line("bgmax", "d", 700, 300, statement=""), line("camt.053", "c", 1_000)

    judgement = judged(deposit, credit, stated=True)

    assert (amounts(judgement, deposit, credit), judgement.findings) == ([1_000], ())


def test_the_order_of_the_lines_never_matters() -> None:
    entries = [
        line("bgmax", "d", 700, 300),
        line("camt.053", "c", 1_000),
        line("camt.054", "n", 1_000, text="x"),
        line("nets_ocr", "k", 5),
    ]

    results = {judged(*order, stated=True) for order in permutations(entries)}

    assert len(results) == 1


def test_every_settled_family_has_a_place_behind_those_of_the_bank() -> None:
    assert FAMILIES[0] == "camt.053"
    assert SETTLED_FAMILIES <= set(FAMILIES[3:])


@pytest.mark.parametrize(("better", "worse"), list(combinations(PROVING_FAMILIES, 2)))
def test_a_second_format_of_a_stated_day_is_one_finding_and_no_money(better: str, worse: str) -> None:
    told = [line(better, "a", 1_000), line(worse, "x", 1_000), line(worse, "a", 600, 400), line(worse, "y", 5)]

    results = {judged(*order) for order in permutations(told)}

    assert len(results) == 1
    judgement = results.pop()
    assert (amounts(judgement, *told), judgement.source) == ([1_000], better)
    assert [finding.code for finding in judgement.findings] == ["bank.second_format"]
    assert f"{worse} tells 3 entries" in judgement.findings[0].found


@pytest.mark.parametrize("family", PROVING_FAMILIES)
def test_every_format_of_statement_proves_a_day_by_itself(family: str) -> None:
    told = [line(family, "a", 1_000), line("camt.054", "a", 600, 400), line("camt.054", "n", 5), line("mt942", "m", 7)]

    judgement = judged(*told)

    assert (amounts(judgement, *told), judgement.source) == ([400, 600], family)
    assert [finding.code for finding in judgement.findings] == ["bank.not_in_statement"] * 2


def test_a_better_statement_without_entries_says_that_the_day_has_none() -> None:
    told = line("mt940", "a", 1_000)

    judgement = judge(ACCOUNT, DAY, told, stated_by={"camt.053", "mt940"})

    assert (judgement.counts, judgement.source) == (frozenset(), "camt.053")
    assert [finding.code for finding in judgement.findings] == ["bank.second_format"]


def test_a_better_statement_that_is_held_gives_way_to_the_other_format() -> None:
    held, other = line("camt.053", "a", 1_000, statement=""), line("mt940", "a", 1_000)

    assert judged(held, other).counts == {other[0].key}


def test_an_intraday_report_ranks_with_reports() -> None:
    report, notified = line("mt942", "m", 7), line("camt.054", "n", 7)

    assert judged(report).source == "mt942"
    assert judged(report, notified).source == "camt.054"
