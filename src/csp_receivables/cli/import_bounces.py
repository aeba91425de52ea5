"""`csp import bounces` and `csp outbox read-mailbox`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import mail_wiring, wiring
from csp_receivables.cli.file_reports import answer_files, unopened
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_findings
from csp_receivables.settings import Settings

Files = Annotated[list[Path], typer.Argument(help="Mails (.eml), mbox files, or maildir folders.")]


def bounces(files: Files, as_json: JsonOption = False) -> None:
    """Import bounces: a notice that came back did not happen, and the next contact is written to."""
    settings = Settings.from_environment()
    import_one = partial(mail_wiring.import_bounces, settings, wiring.open_ledger(settings))
    reports = [(None if path.is_dir() else unopened(path)) or import_one(path) for path in files]
    answer_files(reports, as_json=as_json)


def read_mailbox(as_json: JsonOption = False) -> None:
    """Read what is new in the mailbox of bounces (CSP_IMAP_URL), and put it away."""
    settings = Settings.from_environment()
    mailbox = mail_wiring.mailbox_of_environment()
    if mailbox is None:
        raise Refused("no mailbox is set; name one with CSP_IMAP_URL=imaps://user:password@host, or import files")
    try:
        told = mail_wiring.read_mailbox(settings, wiring.open_ledger(settings), mailbox)
    except mail_wiring.MailboxFailed as failure:
        raise Refused(str(failure)) from None
    if as_json:
        emit_json({"mails": told.mails, "counts": dict(told.counts), "findings": len(told.findings)})
        return
    print(f"{told.mails} mails: " + (", ".join(f"{count} {name}" for name, count in told.counts.items()) or "nothing"))
    show_findings(told.findings)
