"""Drafts of replies: the answers of the ledger in a language's sentences (include/templates/support)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from csp_receivables.adapters.notices.locales import Manner, locale_of
from csp_receivables.adapters.notices.outside import one_line
from csp_receivables.domain.collections.seller import Seller, in_language
from csp_receivables.domain.escalation.account import CustomerAccount
from csp_receivables.domain.money import Money
from csp_receivables.domain.support.cases import SupportCase
from csp_receivables.domain.support.diagnosis import Sentence, Value, diagnosis
from csp_receivables.domain.support.policy import SupportPolicy

FALLBACK = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a person looks at before it is sent."""

    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftWriter:
    """Writes them. `templates`: the folder of sentences, one file a language."""

    templates: Path
    seller: Seller
    policy: SupportPolicy

    def languages(self) -> tuple[str, ...]:
        """The languages there are sentences in."""
        return tuple(sorted(path.stem for path in self.templates.glob("*.yaml")))

    def draft(self, case: SupportCase, account: CustomerAccount | None, language: str = "") -> Draft:
        """The draft for a case. Without an account nothing of anybody's is told."""
        chosen = self._language(language or (account.language if account else ""))
        words = sentences(self.templates / f"{chosen}.yaml")
        manner = Manner(locale_of(chosen, account.country if account else "", chosen))
        blocks = [words["greeting"]]
        elsewhere = next((r for r in self.policy.not_ours if r.name == case.triaged.get("not_ours")), None)
        if elsewhere is not None:
            answer = in_language(elsewhere.answer, chosen)
            blocks.append(words["and_not_ours"].format(answer=answer, portal=elsewhere.portal))
        elif account is not None:
            told = diagnosis(case.triaged.get("topic", ""), account, self.seller)
            subject, on = one_line(case.subject), manner.long_day(account.on)
            blocks.append(words["about"].format(subject=subject, on=on))
            blocks.append("\n".join(self.said(each, words, manner) for each in told))
        desk = self.seller.invoices
        blocks.append(words["closing"].format(phone=desk.phone, email=desk.email))
        blocks.append(words["signed"].format(seller=self.seller.name))
        return Draft(language=chosen, text="\n\n".join(block for block in blocks if block) + "\n")

    @staticmethod
    def said(sentence: Sentence, words: Mapping[str, Any], manner: Manner) -> str:
        """One sentence in words."""
        shown = {name: _shown(value, words, manner) for name, value in sentence.values.items()}
        return str(words[sentence.key]).format(**shown)

    def _language(self, wanted: str) -> str:
        there = self.languages()
        return next((each for each in (wanted, wanted.partition("-")[0]) if each in there), FALLBACK)


def _shown(value: Value, words: Mapping[str, Any], manner: Manner) -> str:
    match value:
        case Money(minor=minor, currency=currency):
            return manner.money(minor, currency)
        case tuple():
            return manner.listed([manner.money(each.minor, each.currency) for each in value])
        case date():
            return manner.long_day(value)
        case int():
            return manner.number(value)
    if value.startswith("stage:"):
        stage = value.removeprefix("stage:")
        return str(words["stages"].get(stage, stage.replace("_", " ")))
    return one_line(value)


@cache
def sentences(path: Path) -> dict[str, Any]:
    """The sentences of a language."""
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(told, dict)
    return told
