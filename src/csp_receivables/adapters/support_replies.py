"""A reply to a case as a letter: plain text that a person wrote or looked at, and the same as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from csp_receivables.adapters.notices import as_html
from csp_receivables.adapters.notices.outside import header_text, one_line
from csp_receivables.adapters.notices.parts import Document, Lines, Paragraph, Part
from csp_receivables.adapters.outside_text import visible_text
from csp_receivables.domain.outbox.letters import Content
from csp_receivables.domain.support.cases import SupportCase

_ANSWERS = ("re:", "sv:", "aw:", "vs:")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyLayout:
    """Who writes, where answers go, and the layout of notices, which is that of replies too."""

    sender: str
    reply_to: str
    templates: Path

    def reply(self, case: SupportCase, said: Mapping[str, str]) -> Content:
        """The reply `said` (text, language) to a case. Its subject names the case, so that an answer joins it."""
        text, language = said["text"], said.get("language") or "en"
        document = Document(
            subject=reply_subject(case),
            title=one_line(case.subject) or case.case_id,
            sender=one_line(self.sender),
            language=language,
            direction="ltr",
            parts=tuple(map(_part, text.split("\n\n"))),
        )
        return Content(
            subject=document.subject,
            text=visible_text(text).rstrip() + "\n",
            html=as_html(document, self.templates),
            language=language,
            reply_to=self.reply_to,
        )


def reply_subject(case: SupportCase) -> str:
    """`Re: what they asked [S-000012]`."""
    plain = case.subject.replace(f"[{case.case_id}]", "").strip()
    answers = "" if plain.casefold().startswith(_ANSWERS) else "Re: "
    return f"{header_text(f'{answers}{plain}')} [{case.case_id}]"


def _part(block: str) -> Part:
    lines = tuple(one_line(line) for line in block.splitlines())
    return Lines(lines=lines) if len(lines) > 1 else Paragraph(text="".join(lines))
