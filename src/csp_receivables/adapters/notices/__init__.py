"""Notices as customers read them: subject, text, HTML and attachments, from one content by one set of words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from csp_receivables.adapters.notices.composing import compose, statement_of
from csp_receivables.adapters.notices.parts import DOT, Document
from csp_receivables.adapters.notices.statement_csv import statement_csv
from csp_receivables.adapters.notices.text import as_text
from csp_receivables.adapters.notices.wording import BadTemplate, Wording, wording
from csp_receivables.domain.collections.notice_content import NoticeContent

__all__ = ["Attachment", "BadTemplate", "RenderedNotice", "render"]
TEMPLATES = Path("include/templates/notices")
LAYOUT = "layout.html.j2"
_NOT_IN_A_FILE_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a notice. `name` is plain ASCII."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedNotice:
    """What is handed to mail. `subject` is one line; `text` and `html` say the same; `reply_to` answers questions."""

    subject: str
    text: str
    html: str
    language: str
    reply_to: str
    attachments: tuple[Attachment, ...] = ()


def render(content: NoticeContent, templates: Path = TEMPLATES) -> RenderedNotice:
    """`content` in its language, by the words and the layout in `templates`. Equal contents give equal bytes.

    BadTemplate when the language has no words for it, or they can't be used.
    """
    words = wording(templates, content.language, content.country)
    document = compose(content, words)
    return RenderedNotice(
        subject=document.subject,
        text=as_text(document),
        html=as_html(document, templates),
        language=document.language,
        reply_to=content.seller.invoices.email,
        attachments=_attachments(content, words, templates) if content.attach_statement else (),
    )


def as_html(document: Document, templates: Path) -> str:
    """The document as one HTML page that asks for nothing from outside."""
    return _layout(templates).render(document=document)


def as_pdf(document: Document, dated: date, fonts: Path) -> bytes:
    """The document as PDF, by the fonts in the folder `fonts`. The same document and day give the same bytes."""
    from csp_receivables.adapters.notices.statement_pdf import document_pdf  # fonts are heavy: only who attaches waits

    return document_pdf(document, dated, fonts)


def _attachments(content: NoticeContent, words: Wording, templates: Path) -> tuple[Attachment, ...]:
    name = f"{_file_name(words.say('statement_file'))}-{content.dated.isoformat()}"
    document = compose(statement_of(content), words)
    pdf = as_pdf(document, content.dated, templates.parents[1] / "fonts")
    return (
        Attachment(name=f"{name}.pdf", media_type="application/pdf", data=pdf),
        Attachment(name=f"{name}.csv", media_type="text/csv", data=statement_csv(content, words)),
    )


def _file_name(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return _NOT_IN_A_FILE_NAME.sub("-", plain).strip("-") or "statement"


@lru_cache(maxsize=8)
def _layout(templates: Path) -> Template:
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["what"] = lambda part: type(part).__name__
    environment.globals["dot"] = DOT
    return environment.get_template(LAYOUT)
