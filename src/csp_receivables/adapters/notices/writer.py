"""A decision in words: the notice it asks for, in the customer's language, as a letter's content."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from csp_receivables.adapters.notices import render
from csp_receivables.domain.collections.account_letters import letter_notice
from csp_receivables.domain.collections.notice_content import NoticeContent, NoticeRefused, decided_notice
from csp_receivables.domain.collections.seller import Seller
from csp_receivables.domain.outbox.letters import Attachment, Content
from csp_receivables.domain.outbox.recipients import Contact
from csp_receivables.domain.support.terms import TermsBook
from csp_receivables.outbox_ports import Fresh


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateWriter:
    """Implements outbox_ports.NoticeWriter with the templates in `templates`."""

    seller: Seller
    templates: Path
    support: TermsBook

    def write(self, fresh: Fresh, contact: Contact) -> Content:  # noqa: ARG002 - a notice speaks to the customer, whoever reads it
        """The notice. Raises NoticeRefused and BadTemplate, both ValueErrors, with what is missing."""
        if fresh.case is None or fresh.particulars is None:
            raise NoticeRefused(f"{fresh.decision.customer_id}: nothing is known to write about")
        case, about = fresh.case, (fresh.policy, self.seller, fresh.particulars)
        content = (
            letter_notice(case, fresh.letter, *about) if fresh.letter else decided_notice(case, fresh.decision, *about)
        )
        return written(replace(content, support=self.support.of(content.customer_id)), self.templates)


def written(content: NoticeContent, templates: Path) -> Content:
    """The notice as a letter's content, with what is attached. Raises BadTemplate."""
    notice = render(content, templates)
    return Content(
        subject=notice.subject,
        text=notice.text,
        html=notice.html,
        language=notice.language,
        reply_to=notice.reply_to,
        attachments=tuple(
            Attachment(name=each.name, kind=each.media_type, content=each.data) for each in notice.attachments
        ),
    )
