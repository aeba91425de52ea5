"""Letters, houses and moments for the tests of what leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from csp_receivables.domain.outbox.gate import House, Moment
from csp_receivables.domain.outbox.letters import Attachment, Content, Letter
from csp_receivables.mail_settings import MailSettings, Security, Server

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # ten o'clock in Stockholm, a working day
PRODUCTION = House(is_production=True)


def content(**given: Any) -> Content:
    texts = {"subject": "Påminnelse: faktura 100", "text": "Hej!\n.\nDags att betala.\n", "html": "<p>Hej å ä ö</p>\n"}
    attachments = (Attachment(name="kontoutdrag.pdf", kind="application/pdf", content=b"%PDF-1.7 \x00\xff"),)
    return Content(**{**texts, "language": "sv", "attachments": attachments, **given})


def letter(**given: Any) -> Letter:
    made = Letter(
        message_id="0123456789abcdef@partner.example",
        written_at=MONDAY,
        recipient="faktura@kund.example",
        recipient_name="Ekonomi, Åsa",
        content=content(),
    )
    return replace(made, **given)


def moment(**given: Any) -> Moment:
    return replace(Moment(now=MONDAY, zones=(STOCKHOLM,), country="SE"), **given)


def mail(port: int | None = None, **given: Any) -> MailSettings:
    server = Server(host="127.0.0.1", port=port, security=Security.PLAIN, timeout_seconds=10) if port else None
    made = MailSettings(
        server=server, sender="accounts@partner.example", sender_name="Partner AB", per_minute_max=100_000
    )
    return replace(made, **given)
