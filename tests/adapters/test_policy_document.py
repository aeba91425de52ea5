"""The policy as customers read it: complete in every language, exact in days and amounts, and never markup."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from csp_receivables.adapters.collections_policy import read_collections_policy
from csp_receivables.adapters.late_interest import read_late_interest
from csp_receivables.adapters.policy_document import NoSuchWords, languages, policy_html, policy_markdown
from csp_receivables.adapters.seller import read_seller
from csp_receivables.domain.collections.policy import (
    Act,
    Anchor,
    CollectionsPolicy,
    Condition,
    Letters,
    Minimum,
    Override,
    QuietHours,
    Stage,
)
from csp_receivables.domain.collections.seller import Seller

INCLUDE = Path(__file__).parents[2] / "include"
TEMPLATES = INCLUDE / "templates" / "policy"
SHIPPED = read_collections_policy(INCLUDE / "policies" / "collections.yaml")
SELLER = read_seller(INCLUDE / "policies" / "seller.yaml")
RATES = read_late_interest(INCLUDE / "policies" / "late_interest.yaml")
LANGUAGES = ("de", "en", "sv")
NO_BREAK = "\u00a0"


def written(
    policy: CollectionsPolicy = SHIPPED, language: str = "en", seller: Seller = SELLER, today: date = date(2026, 11, 28)
) -> str:
    text = policy_markdown(policy, seller, RATES, language=language, today=today, templates=TEMPLATES)
    return text.replace(NO_BREAK, " ")


def test_the_policy_is_written_in_every_language_of_the_shipped_policy() -> None:
    assert set(SHIPPED.languages) <= set(languages(TEMPLATES))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("interest_in", [frozenset(), frozenset({"SE", "GB"})])
def test_every_language_has_the_same_parts(language: str, interest_in: frozenset[str]) -> None:
    policy = replace(SHIPPED, interest_in=interest_in)
    parts = [re.sub(r"[^#|*-]", "", line)[:4] for line in written(policy, language).splitlines()]

    english = [re.sub(r"[^#|*-]", "", line)[:4] for line in written(policy, "en").splitlines()]
    headings = [part for part in parts if part.startswith("#")]
    assert [part for part in english if part.startswith("#")] == headings
    assert len([part for part in english if part.startswith("|")]) == len([p for p in parts if p.startswith("|")])


@pytest.mark.parametrize("language", LANGUAGES)
def test_whom_to_call_prices_and_accounts_stand_in_every_language(language: str) -> None:
    text = written(language=language)

    for each in (
        "+46 8 123 456 00", "invoices@molnpartner.example", "+46 8 123 456 10", "support@molnpartner.example", "09:00",
        "16:00", "SE45 5000 0000 0583 9825 7466", "991-2346", "556703-7485", SHIPPED.version,
    ):  # fmt: skip
        assert each in text
    assert re.search(r"1[ .,]250[.,]00", text)


def test_days_are_those_that_customers_count_grace_among_them() -> None:
    text = written()

    for each in (
        "3 days before the due date", "7 days after the due date", "17 days after", "32 days after", "62 days after",
        "at least 14 days before", "The first 2 days", "wait at least 7 days",
    ):  # fmt: skip
        assert each in text


def test_the_example_keeps_to_working_days_and_to_the_days_of_the_warning() -> None:
    rows = [line.split("|")[3].strip() for line in written().splitlines() if line.startswith("|") and "202" in line]

    assert [
        "For an invoice due on 1 December 2026", "30 November 2026", "8 December 2026", "18 December 2026",
        "4 January 2027", "1 February 2027",
    ] == rows  # fmt: skip


def test_amounts_are_written_as_the_language_does() -> None:
    assert "| SEK | SEK 100.00 | SEK 1,000.00 | SEK 100.00 |" in written()
    assert "| SEK | 100,00 kr | 1 000,00 kr | 100,00 kr |" in written(language="sv")
    assert "| SEK | 100,00 SEK | 1.000,00 SEK | 100,00 SEK |" in written(language="de")


def test_interest_is_told_only_where_it_is_shown() -> None:
    assert "percentage points" not in written()

    text = written(replace(SHIPPED, interest_in=frozenset({"GB", "SE"})))
    assert "£40.00; £70.00 from £1,000.00; £100.00 from £10,000.00" in text
    assert "| Sweden | consumers | the reference rate of Sveriges Riksbank plus 8 percentage points | – |" in text
    assert "Germany" not in text


def test_a_draft_says_so_and_a_policy_in_force_since_when() -> None:
    assert "a draft that is not in force yet" in written()
    assert "in force since 1 December 2026" in written(replace(SHIPPED, live_from=date(2026, 12, 1)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_policy_without_suspension_speaks_of_none(language: str) -> None:
    notices = tuple(stage for stage in SHIPPED.stages if stage.act is Act.SEND_NOTICE)
    text = written(replace(SHIPPED, stages=notices, reinstate_below={}), language)

    assert not re.search("suspend|stäng|sperr", text)


def test_every_kind_of_condition_has_words() -> None:
    when = Condition(
        any_of=(
            Condition(days_min=10, amount_min={"JPY": 5000}),
            Condition(receivables_min=3),
            Condition(days_min=20, tags=frozenset({"slow"})),
        )
    )
    policy = CollectionsPolicy(
        name="p", version="v", anchor=Anchor.ISSUE_DATE, minimum={"JPY": Minimum(amount=1, receivables=2)},
        stages=(Stage(name="own", act=Act.SEND_NOTICE, template="own", when=when),), working_days_only=False,
        quiet_hours=QuietHours(begins=SHIPPED.quiet_hours.begins, ends=SHIPPED.quiet_hours.ends),  # type: ignore[union-attr]
        overrides=(
            Override(countries=frozenset({"NO", "FI"}), grace_days=5, because="x"),
            Override(countries=frozenset({"DK"}), exempt=True, because="x"),
        ),
    )  # fmt: skip

    for language in LANGUAGES:
        assert "slow" not in written(policy, language), "tags are of the house"
    text = written(policy)
    assert (
        "10 days after the invoice date, when at least JP¥5,000 is overdue, or when at least 3 invoices are overdue, "
        "or 20 days after the invoice date, with customers for whom this is agreed"
    ) in text
    assert "Customers in Finland and Norway: 5 days of grace." in text
    assert "Customers in Denmark: these steps do not apply." in text
    assert "2 invoices" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_becomes_markup(language: str) -> None:
    rude = replace(SELLER, name="A|B *AB* <script>alert(1)</script> [x](http://evil.example) & `C`")
    text = policy_markdown(SHIPPED, rude, RATES, language=language, today=date(2026, 1, 1), templates=TEMPLATES)
    page = policy_html(text, language=language, templates=TEMPLATES)

    assert "<script" not in text
    assert "<script" not in page
    assert 'href="http://evil.example"' not in page
    assert "A|B *AB* &lt;script&gt;" in page
    assert "<em>" not in page


def test_the_page_needs_nothing_but_itself() -> None:
    page = policy_html(written(), language="en", templates=TEMPLATES)

    assert "<title>How we handle late payments</title>" in page
    assert 'lang="en"' in page
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import", page)
    assert page.count("<table>") == page.count('<div class="wide">') == 4


def test_equal_policies_give_equal_bytes() -> None:
    assert written() == written()


def test_a_language_without_words_is_refused_with_those_there_are() -> None:
    with pytest.raises(NoSuchWords, match=r"no policy is written in 'fi'; there are de, en, sv\. Add "):
        written(language="fi")


def test_a_template_that_names_what_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "words.j2").write_text('{% set locale = "en_GB" %}')
    (tmp_path / "en" / "policy.md.j2").write_text("{{ sellr.name }}")

    with pytest.raises(NoSuchWords, match="'sellr' is undefined"):
        policy_markdown(SHIPPED, SELLER, RATES, language="en", today=date(2026, 1, 1), templates=tmp_path)


LETTERS = {
    "en": (
        "A payment or an instalment that you",
        "A payment of yours settles",
        "On day 31 of each month (in a shorter month",
    ),
    "sv": ("En betalning eller delbetalning som ni", "En betalning från er täcker", "Den 31 varje månad (i en"),
    "de": (
        "Eine Zahlung oder Rate, die Sie",
        "Eine Zahlung von Ihnen gleicht",
        "Am 31. jedes Monats (in einem kürzeren",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_beside_the_steps_are_told_where_there_are_any(language: str) -> None:
    none, every = Letters(), Letters(promise_broken=True, payment_received=True, statement_day=31)
    without, text = (written(replace(SHIPPED, letters=each), language) for each in (none, every))

    assert [True] * 3 == [each in text for each in LETTERS[language]]
    assert [False] * 3 == [each in without for each in LETTERS[language]]
    assert [True, False, False] == [each in written(language=language) for each in LETTERS[language]]
    assert {"en": "On the first day of each", "sv": "Den första varje", "de": "Am Ersten jedes"}[language] in written(
        replace(SHIPPED, letters=Letters(statement_day=1)), language
    )
