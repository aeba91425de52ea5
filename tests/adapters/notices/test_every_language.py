"""Every language in the folder says every notice, on every awkward case. A new folder needs no new test."""

from __future__ import annotations

import html
import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from csp_receivables.adapters.notices import RenderedNotice, as_html, render
from csp_receivables.adapters.notices.composing import compose
from csp_receivables.adapters.notices.locales import Manner, locale_of
from csp_receivables.adapters.notices.outside import one_line
from csp_receivables.adapters.notices.text import WIDTH, as_text, columns_of
from csp_receivables.adapters.notices.wording import languages, wording
from csp_receivables.domain.collections.notice_content import KINDS, NoticeContent
from csp_receivables.domain.collections.notice_examples import CASES, example_notices

TEMPLATES = Path(__file__).parents[3] / "include" / "templates" / "notices"
EVERY = [(language, kind) for language in languages(TEMPLATES) for kind in KINDS]
every_notice = pytest.mark.parametrize(("language", "kind"), EVERY)
ENDS = re.compile(r"\s+")


@cache
def examples(language: str, kind: str) -> dict[str, NoticeContent]:
    return example_notices(kind, language)


@cache
def rendered(language: str, kind: str, case: str) -> RenderedNotice:
    content = examples(language, kind)[case]
    document = compose(content, wording(TEMPLATES, language, content.country))
    return RenderedNotice(
        subject=document.subject,
        text=as_text(document),
        html=as_html(document, TEMPLATES),
        language=language,
        reply_to="",
    )


def words_of_html(page: str) -> str:
    """What a reader sees of the page's body, with every run of white space as one space."""
    body = page.split("<body", 1)[1].split(">", 1)[1]
    return ENDS.sub(" ", html.unescape(re.sub(r"<!--.*?-->|<[^>]*>", " ", body, flags=re.S))).strip()


def words_of_text(text: str) -> str:
    """The text without underlines and the colons after labels, with every run of white space as one space."""
    return ENDS.sub(" ", re.sub(r"(?m)^(=+|-+)$", "", text)).strip()


def squeezed(text: str) -> str:
    return re.sub(r"[\s:]", "", text)


@every_notice
def test_text_and_html_say_the_same_words(language: str, kind: str) -> None:
    for case in CASES:
        notice = rendered(language, kind, case)

        assert squeezed(words_of_text(notice.text)) == squeezed(words_of_html(notice.html)), case


@every_notice
def test_every_number_day_amount_and_reference_stands_in_text_and_html(language: str, kind: str) -> None:
    for case, content in examples(language, kind).items():
        manner = wording(TEMPLATES, language, content.country).manner
        told = [
            squeezed(words_of_text(rendered(language, kind, case).text)),
            squeezed(words_of_html(rendered(language, kind, case).html)),
        ]
        for each in content.receivables:
            facts = [
                one_line(each.number),
                manner.day(each.issued_on),
                manner.day(each.due_on),
                one_line(each.reference),
            ]
            facts += [
                manner.money(amount, each.currency) for amount in (each.amount, each.open, each.received) if amount
            ]
            missing = [fact for fact in facts for text in told if squeezed(fact) not in text]

            assert missing == [], case
        for total in content.totals:
            shown = squeezed(manner.money(abs(total.to_pay), total.currency))

            assert all(shown in text for text in told), case
            if total.account and total.to_pay > 0:
                assert all(squeezed(total.account.iban) in text for text in told), case


@every_notice
def test_no_line_of_the_text_is_wider_than_78_columns(language: str, kind: str) -> None:
    for case in CASES:
        lines = rendered(language, kind, case).text.splitlines()

        assert [line for line in lines if columns_of(line) > WIDTH] == [], case
        assert [line for line in lines if line != line.rstrip()] == [], case


@every_notice
def test_a_subject_is_one_short_line(language: str, kind: str) -> None:
    for case in CASES:
        subject = rendered(language, kind, case).subject

        assert subject.strip() == subject != ""
        assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029]", subject)
        assert len(subject) <= 201


@every_notice
def test_html_asks_for_nothing_from_outside_and_keeps_names_as_text(language: str, kind: str) -> None:
    for case in CASES:
        page = rendered(language, kind, case).html

        assert "<script" not in page
        assert not re.search(r"<(img|link|iframe|a|object|form)\b|url\(|@import", page)
        assert not re.search(r"\b(src|href|background|action)\s*=", page)


@pytest.mark.parametrize("language", languages(TEMPLATES))
def test_a_final_notice_names_the_day_in_subject_and_body(language: str) -> None:
    for case, content in examples(language, "final_notice").items():
        assert content.access_on is not None
        day = wording(TEMPLATES, language, content.country).manner.long_day(content.access_on)
        notice = rendered(language, "final_notice", case)

        assert day.replace("\u00a0", " ") in notice.subject
        assert notice.text.count(day) >= 3
        assert notice.html.count(day) >= 3


@pytest.mark.parametrize("language", languages(TEMPLATES))
def test_the_same_content_gives_the_same_bytes(language: str) -> None:
    content = examples(language, "statement")["three currencies"]

    assert render(content, TEMPLATES) == render(content, TEMPLATES)


@pytest.mark.parametrize(("language", "country", "money", "day"), [
    ("sv", "SE", "1\u00a0234\u00a0567,50\u00a0kr", "1\u00a0okt.\u00a02026"),
    ("sv", "FI", "1\u00a0234\u00a0567,50\u00a0kr", "1\u00a0okt.\u00a02026"),
    ("de", "DE", "1.234.567,50\u00a0SEK", "01.10.2026"),
    ("de", "CH", "SEK\u00a01’234’567.50", "01.10.2026"),
    ("en", "GB", "SEK\u00a01,234,567.50", "1\u00a0Oct\u00a02026"),
    ("en", "US", "SEK\u00a01,234,567.50", "Oct\u00a01,\u00a02026"),
    ("en", "JP", "SEK\u00a01,234,567.50", "1\u00a0Oct\u00a02026"),
])  # fmt: skip
def test_amounts_and_days_are_written_as_the_country_does(language: str, country: str, money: str, day: str) -> None:
    manner = Manner(locale_of(language, country, {"sv": "sv_SE", "de": "de_DE", "en": "en_GB"}[language]))

    assert money == manner.money(1_234_567_50, "SEK")
    assert day == manner.day(date(2026, 10, 1))
