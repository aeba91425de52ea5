"""Every notice says who supports its reader, how to reach them, and what that covers and costs, in its language."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from csp_receivables.adapters.notices import render
from csp_receivables.adapters.notices.composing import statement_of
from csp_receivables.adapters.notices.wording import languages, wording
from csp_receivables.domain.collections.notice_content import KINDS, NoticeContent
from csp_receivables.domain.collections.notice_examples import example_notices
from csp_receivables.domain.collections.seller import SupportPrice

TEMPLATES = Path(__file__).parents[3] / "include" / "templates" / "notices"
PRICE = SupportPrice(
    what={"en": "Night work", "sv": "Nattarbete", "de": "Nachtarbeit"}, amount=187555, currency="SEK", per={}
)
SCOPE = {"en": ("Azure incidents",), "sv": ("störningar i Azure",), "de": ("Störungen in Azure",)}
PAGE = "https://partner.example/support"


def _notice(kind: str, language: str, *, web: str = "", attach: bool = False) -> NoticeContent:
    made = example_notices(kind, language, ["one receivable"])["one receivable"]
    assert made.support is not None
    terms = replace(made.support, provider="Outside Help AB", scope=SCOPE, prices=(PRICE,), web=web)
    return replace(made, support=terms, attach_statement=attach)


def _told(content: NoticeContent) -> str:
    return " ".join(render(content, TEMPLATES).text.split())


@pytest.mark.parametrize("language", languages(TEMPLATES))
@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_names_the_provider_with_scope_and_price_to_the_cent(kind: str, language: str) -> None:
    content = _notice(kind, language)
    price = wording(TEMPLATES, language, content.country).manner.money(187555, "SEK")

    text = _told(content)

    for told in ("Outside Help AB", "+46 8 555 010 30", "support@kontoso.example", SCOPE[language][0]):
        assert told in text
    assert " ".join(f"{PRICE.what[language]}: {price}".split()) in text


@pytest.mark.parametrize("language", languages(TEMPLATES))
def test_published_terms_are_a_link_and_keep_the_footer_short(language: str) -> None:
    text = _told(_notice("reminder", language, web=PAGE))

    assert PAGE in text
    assert "support@kontoso.example" in text
    assert PRICE.what[language] not in text


@pytest.mark.parametrize("language", languages(TEMPLATES))
def test_the_attached_statement_says_what_the_notice_leaves_out(language: str) -> None:
    content = _notice("reminder", language, attach=True)

    assert PRICE.what[language] not in _told(content)
    assert PRICE.what[language] in _told(statement_of(content))
    assert wording(TEMPLATES, language, content.country).say("support_terms_attached") in _told(content)
