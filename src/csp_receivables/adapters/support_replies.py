"""Letters about a case: the reply that a person wrote or looked at, and what its provider is handed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from csp_receivables.adapters.notices import as_html
from csp_receivables.adapters.notices.outside import header_text, one_line
from csp_receivables.adapters.notices.parts import Document, Facts, Heading, Lines, Paragraph, Part
from csp_receivables.adapters.notices.text import as_text
from csp_receivables.adapters.outside_text import visible_text
from csp_receivables.domain.outbox.letters import Content
from csp_receivables.domain.support.cases import SupportCase, Told

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

    def handover(self, case: SupportCase, message: Told, about: Sequence[tuple[str, str]]) -> Content:
        """A message of a case for its provider, after rows that say what it is. An answer to it joins the case."""
        text = message.what.get("text", "") or "(no text)"
        attached = message.what.get("attached", "")
        document = Document(
            subject=f"[{case.case_id}] {header_text(case.subject)}",
            title=one_line(case.subject) or case.case_id,
            sender=one_line(self.sender),
            language="en",
            direction="ltr",
            parts=(
                Facts(rows=tuple((label, one_line(value)) for label, value in about), is_key=True),
                Heading(text=f"What they wrote on {message.at:%Y-%m-%d %H:%M} UTC"),
                *map(_part, text.split("\n\n")),
                *([Paragraph(text=one_line(f"Attached, and kept by us: {attached}"))] if attached else []),
                Heading(text="Your answer"),
                Paragraph(text="Reply to this mail and leave the number in its subject: your words join the case."),
            ),
        )
        html = as_html(document, self.templates)
        return Content(
            subject=document.subject, text=as_text(document), html=html, language="en", reply_to=self.reply_to
        )


def reply_subject(case: SupportCase) -> str:
    """`Re: what they asked [S-000012]`."""
    plain = case.subject.replace(f"[{case.case_id}]", "").strip()
    answers = "" if plain.casefold().startswith(_ANSWERS) else "Re: "
    return f"{header_text(f'{answers}{plain}')} [{case.case_id}]"


def _part(block: str) -> Part:
    lines = tuple(one_line(line) for line in block.splitlines())
    return Lines(lines=lines) if len(lines) > 1 else Paragraph(text="".join(lines))
