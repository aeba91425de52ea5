"""Where adapters meet the steps that write to customers: `wiring` in a file of its own, for what leaves the house."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from csp_receivables.adapters.bounce_files import mails_in
from csp_receivables.adapters.bounce_reading import read_bounce
from csp_receivables.adapters.country_zones import zones_of
from csp_receivables.adapters.inbox import FolderInbox
from csp_receivables.adapters.late_interest import read_late_interest
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.ledger.outbox_bounces import LedgerBounces
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk, approved_policies
from csp_receivables.adapters.mail.gated import GatedMail, Pace
from csp_receivables.adapters.mail.kept import KeptMessages
from csp_receivables.adapters.mailbox import ImapMailbox, MailboxFailed
from csp_receivables.adapters.notices.wording import languages
from csp_receivables.adapters.notices.writer import TemplateWriter
from csp_receivables.collections_wiring import decider
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.outbox.gate import House
from csp_receivables.mail_settings import MailboxSettings, MailSettings, mail_settings, mailbox_settings
from csp_receivables.settings import Settings
from csp_receivables.steps import read_bounces as bounces_step
from csp_receivables.steps.send_notices import Performer, SendNotices
from csp_receivables.steps.send_notices.looking import LastLooks
from csp_receivables.steps.take_inbox import take_inbox
from csp_receivables.wiring import SECONDS_BETWEEN_LOOKS, make_home, seller, support_terms

__all__ = ["MailboxFailed"]


def mail_of_environment(environment: Mapping[str, str] = os.environ) -> MailSettings:
    """Where mail goes out, for the command line. Raises BadSetting."""
    return mail_settings(environment)


def mailbox_of_environment(environment: Mapping[str, str] = os.environ) -> MailboxSettings | None:
    """Where bounces come in, for the command line; None: they come as files. Raises BadSetting."""
    return mailbox_settings(environment)


def gated_mail(settings: Settings, ledger: Ledger, mail: MailSettings, historical: str = "") -> GatedMail:
    """The only way out. A ledger's marks are for ever and read once; a stop is looked for before each letter."""
    is_production = ledger.is_production(settings)
    house = House(
        is_production=is_production,
        is_demo=ledger.kind() != "real",
        is_example=is_production and seller(settings).is_example,
        catch_all=mail.catch_all,
        historical=historical,
    )
    return GatedMail(mail, partial(_now, house, ledger), Pace(mail.per_minute_max, time.monotonic, time.sleep))


def notice_sender(settings: Settings, ledger: Ledger, mail: MailSettings, historical: str = "") -> SendNotices:
    """Everything that sending notices needs. `historical`: why the run that asks speaks for the past."""
    outbox, writer = LedgerOutbox(ledger), notice_writer(settings)
    performer = Performer(
        outbox=outbox,
        writer=writer,
        mail=gated_mail(settings, ledger, mail, historical),
        store=kept_messages(settings),
        clock=settings.clock,
        zone=settings.time_zone,
        domain=mail.domain,
        token=f"{socket.gethostname()}/{os.getpid()}/{time.monotonic_ns()}",
    )
    look = last_looks(settings, ledger, lambda: outbox.others.since_last_asked(ledger.last_recorded_at()))
    return SendNotices(performer=performer, look=look, historical=historical)


def notice_writer(settings: Settings) -> TemplateWriter:
    """What puts decisions into words. Raises FileFaults for a wrong seller, or wrong support terms."""
    return TemplateWriter(
        seller=seller(settings),
        templates=settings.include / "templates" / "notices",
        support=support_terms(settings),
    )


def last_looks(settings: Settings, ledger: Ledger, has_changed: Callable[[], bool]) -> LastLooks:
    """Decides customers anew. Raises FileFaults for a wrong policy."""
    rules = decider(settings, ledger)
    return LastLooks(
        book=rules.book,
        decide=rules.compute,
        today=lambda: settings.clock().astimezone(settings.time_zone).date(),
        approved=partial(_approved, ledger),
        has_changed=has_changed,
        zones_of=lambda country: zones_of(country) or (settings.time_zone,),
        languages=languages(settings.include / "templates" / "notices"),
        interest=read_late_interest(settings.include / "policies" / "late_interest.yaml"),
    )


def kept_messages(settings: Settings) -> KeptMessages:
    """What was handed over, as it was."""
    return KeptMessages(settings.home / "messages")


def outbox_desk(ledger: Ledger) -> LedgerOutboxDesk:
    """The outbox as people handle it."""
    return LedgerOutboxDesk(ledger)


def import_bounces(settings: Settings, ledger: Ledger, path: Path) -> FileReport:
    """Import a file with bounces: a mail, an mbox, a maildir."""
    today = settings.clock().astimezone(settings.time_zone).date()
    return bounces_step.import_bounces(path, mails_in, read_bounce, LedgerBounces(ledger), today)


def take_bounces(settings: Settings, ledger: Ledger, pause: Callable[[], None] | None = None) -> tuple[FileReport, ...]:
    """Take what lies ready in `inbox/bounces`. Raises InboxFailed."""
    return take_files(settings, "bounces", partial(import_bounces, settings, ledger), pause)


def take_files(
    settings: Settings,
    purpose: str,
    import_file: Callable[[Path], FileReport],
    pause: Callable[[], None] | None = None,
) -> tuple[FileReport, ...]:
    """Take what lies ready in one folder of the inbox, by name. Raises InboxFailed."""
    make_home(settings)
    inbox = FolderInbox(
        home=settings.home,
        pause=pause or partial(time.sleep, SECONDS_BETWEEN_LOOKS),
        month=lambda: f"{settings.clock().astimezone(settings.time_zone):%Y-%m}",
    )
    return take_inbox(purpose, inbox, import_file, lambda _: 0)


def read_mailbox(settings: Settings, ledger: Ledger, mailbox: MailboxSettings) -> bounces_step.BouncesRead:
    """Take what is new in the mailbox of bounces. Raises MailboxFailed."""
    today = settings.clock().astimezone(settings.time_zone).date()
    return bounces_step.read_mailbox(ImapMailbox(mailbox), read_bounce, LedgerBounces(ledger), today)


def _approved(ledger: Ledger) -> frozenset[str]:
    with ledger.reading() as connection:
        return approved_policies(connection)


def _now(house: House, ledger: Ledger) -> House:
    stop = LedgerOutboxDesk(ledger).stopped()
    # Without a name: logs and Airflow's own database keep this, and no erasure reaches them.
    since = stop.recorded_at[:16] if stop else ""
    return replace(house, stop=f"everything is stopped since {since}; csp outbox list says by whom") if stop else house
