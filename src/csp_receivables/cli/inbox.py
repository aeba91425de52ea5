"""`csp inbox`: take what lies ready in the inbox."""

from __future__ import annotations

from functools import partial

from csp_receivables import mail_wiring, wiring
from csp_receivables.cli.file_reports import answer_files
from csp_receivables.cli.output import JsonOption
from csp_receivables.domain.imports import FileReport
from csp_receivables.settings import Settings
from csp_receivables.steps.take_inbox import InboxFailed

PURPOSES = ("accounting", "microsoft", "bank")  # charges and payments name customers: those come first


def inbox(as_json: JsonOption = False) -> None:
    """Import the files in the inbox folders, then archive them, or set them aside with the reason beside."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    reports: list[FileReport] = []
    failures: list[str] = []
    takes = [partial(wiring.take_inbox, settings, ledger, purpose) for purpose in PURPOSES]
    for take in (*takes, partial(mail_wiring.take_bounces, settings, ledger)):
        try:
            reports += take()
        except InboxFailed as failure:
            reports += failure.reports
            failures.append(str(failure))
    answer_files(reports, as_json=as_json, failures=failures)
