"""Whether every language can say every notice: what is missing or broken is told before a customer meets it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from csp_receivables.adapters.notices.composing import compose
from csp_receivables.adapters.notices.text import as_text
from csp_receivables.adapters.notices.wording import BadTemplate, languages, wording
from csp_receivables.adapters.read_once import read_once
from csp_receivables.domain.collections.notice_content import KINDS
from csp_receivables.domain.collections.notice_examples import example_notices

# The cases in which words take another turn. The others are hard to lay out, which is no matter of words.
_TURNS = (
    "ordinary",
    "one receivable",
    "no reference",
    "no address",
    "money on account",
    "interest and fees",
    "statement attached",
)


@read_once
def template_faults(templates: Path, language: str, named: Sequence[str] = ()) -> tuple[str, ...]:
    """What keeps `language` from saying every notice, each once, with file and remedy; empty when nothing does.

    Tried are the notices that the product sends (KINDS) and those that a policy names, on each case in which words
    differ.
    """
    if language not in languages(templates):
        there = ", ".join(languages(templates)) or "none"
        return (f"there are no notices in {language!r} (there are: {there}). Add the folder, or leave it out",)
    faults: dict[str, None] = {}
    for kind in dict.fromkeys((*KINDS, *named)):
        faults |= dict.fromkeys(_faults_of(templates, language, kind))
    return tuple(faults)


def _faults_of(templates: Path, language: str, kind: str) -> tuple[str, ...]:
    faults = []
    for case, content in example_notices(kind, language, _TURNS).items():
        try:
            document = compose(content, wording(templates, language, content.country))
        except BadTemplate as fault:
            faults.append(str(fault))
            continue
        shown = f"{document.subject}\n{document.title}\n{as_text(document)}"
        if not document.subject:
            faults.append(f"{language}/{kind}.j2: the subject is empty ({case}). Let it say something for every n")
        if "{n}" in shown or "{{" in shown or "{%" in shown:
            faults.append(f"{language}/{kind}.j2: it says a mark of the template ({case}). Close every {{{{ and {{%")
    return tuple(faults)
