"""What a request is: by rules over its words, never by a model that guesses. Every answer says which word decided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.domain.support.policy import Kind, NotOurs, Severity, SupportPolicy

UNCLEAR = "unclear"
Rule = TypeVar("Rule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What a request is. `topic` is UNCLEAR where no word tells; `not_ours` names the rule, "" when it is ours."""

    kind: Kind
    topic: str
    family: Family
    severity: Severity
    not_ours: str = ""
    because: tuple[str, ...] = ()


def triage(subject: str, text: str, policy: SupportPolicy) -> Triage:
    """The triage of a request; its subject is looked at before its text."""
    read = (_plain(subject), _plain(text))
    because: list[str] = []
    elsewhere = _first(((rule, rule.words) for rule in policy.not_ours), read, because)
    topic = _first(((each, each.words) for each in policy.topics), read, because)
    family = _first(policy.families.items(), read, because) or Family.OTHER
    rule = _first(((each, each.words) for each in policy.severities), read, because)
    return Triage(
        kind=topic.kind if topic else Kind.COMMERCIAL if family is Family.OTHER else Kind.TECHNICAL,
        topic=topic.name if topic else UNCLEAR,
        family=family,
        severity=rule.severity if rule else Severity.C,
        not_ours=_name(elsewhere),
        because=tuple(because) or ("no word of the policy is in it",),
    )


def missing_requirements(text: str, family: Family, policy: SupportPolicy) -> tuple[str, ...]:
    """What a request about the family must say and does not name."""
    plain = _plain(text)
    return tuple(each for each in policy.requirements.get(family, ()) if not _has(plain, each.casefold()))


def _first(rules: Iterable[tuple[Rule, Sequence[str]]], read: Sequence[str], because: list[str]) -> Rule | None:
    """The first rule of which a word is in the subject, else in the text."""
    listed = list(rules)
    for plain in read:
        for rule, words in listed:
            word = next((each for each in words if _has(plain, each)), None)
            if word is not None:
                because.append(f"{word!r} tells {getattr(rule, 'name', None) or getattr(rule, 'severity', rule)}")
                return rule
    return None


def _name(rule: NotOurs | None) -> str:
    return rule.name if rule else ""


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _has(plain: str, word: str) -> bool:
    """Is the word in the text as a word of its own, or as the beginning of one where it ends in a star?"""
    end = r"\w*" if word.endswith("*") else ""
    return re.search(rf"(?<!\w){re.escape(word.rstrip('*'))}{end}(?!\w)", plain) is not None
