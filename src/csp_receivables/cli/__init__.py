"""The `csp` command: the same steps as the DAGs, without Airflow."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from csp_receivables.cli.access import access_app
from csp_receivables.cli.airflow import airflow_app
from csp_receivables.cli.aliases import aliases_app
from csp_receivables.cli.bank import bank_app
from csp_receivables.cli.case import case_app
from csp_receivables.cli.charges import charges_app
from csp_receivables.cli.customer import customer_app
from csp_receivables.cli.decide import decide, why
from csp_receivables.cli.emulator import emulator
from csp_receivables.cli.escalation import escalation_app
from csp_receivables.cli.evaluate import evaluate
from csp_receivables.cli.explain import explain_app
from csp_receivables.cli.generate import generate
from csp_receivables.cli.hold import hold_app
from csp_receivables.cli.import_accounting import customers, receivables
from csp_receivables.cli.import_bank import bank
from csp_receivables.cli.import_bounces import bounces, read_mailbox
from csp_receivables.cli.import_microsoft import microsoft as microsoft_files
from csp_receivables.cli.import_rates import rates
from csp_receivables.cli.inbox import inbox
from csp_receivables.cli.match_by_hand import match_app
from csp_receivables.cli.microsoft import microsoft_app
from csp_receivables.cli.notice import notice_app
from csp_receivables.cli.outbox import outbox_app, start, stop
from csp_receivables.cli.output import Refused, explain, fail, refuse
from csp_receivables.cli.payables import payables, vendor_payments
from csp_receivables.cli.policy import policy_app
from csp_receivables.cli.raising import check, raise_documents
from csp_receivables.cli.reconcile import reconcile
from csp_receivables.cli.reference import reference_app
from csp_receivables.cli.send import send
from csp_receivables.settings import BadSetting
from csp_receivables.wiring import REFUSALS, why_unavailable

app = typer.Typer(
    name="csp",
    help="What customers owe, what they paid, and what Microsoft is owed: imported, reconciled, explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
import_app = typer.Typer(help="Import files. Importing twice changes nothing the second time.", no_args_is_help=True)
app.add_typer(import_app, name="import")
app.command("decide")(decide)
app.command("emulator")(emulator)
app.command("evaluate")(evaluate)
app.command("generate")(generate)
app.command("inbox")(inbox)
app.command("payables")(payables)
app.command("raise")(raise_documents)
charges_app.command("check")(check)
app.command("reconcile")(reconcile)
app.command("why")(why)
app.add_typer(airflow_app, name="airflow")
app.add_typer(access_app, name="access")
app.add_typer(aliases_app, name="aliases")
app.add_typer(bank_app, name="bank")
app.add_typer(charges_app, name="charges")
app.add_typer(case_app, name="case")
app.add_typer(customer_app, name="customer")
app.add_typer(escalation_app, name="escalation")
app.add_typer(explain_app, name="explain")
app.add_typer(hold_app, name="hold")
app.add_typer(match_app, name="match")
app.add_typer(microsoft_app, name="microsoft")
app.add_typer(notice_app, name="notice")
app.add_typer(outbox_app, name="outbox")
app.add_typer(policy_app, name="policy")
app.add_typer(reference_app, name="reference")
import_app.command("customers")(customers)
import_app.command("receivables")(receivables)
import_app.command("microsoft")(microsoft_files)  # the module beside it is named microsoft
import_app.command("rates")(rates)
import_app.command("vendor-payments")(vendor_payments)
import_app.command("bank")(bank)
import_app.command("bounces")(bounces)
outbox_app.command("read-mailbox")(read_mailbox)
outbox_app.command("send")(send)
app.command("stop")(stop)
app.command("start")(start)


@cache
def command() -> Any:
    """All commands as one tree. Reading every signature for it costs a tenth of a second: once a process is enough."""
    return get_command(app)


def main() -> None:
    """Entry point: refusals end with exit code 2 and one clear message, our own mistakes with 1; never a traceback."""
    os.umask(0o077)  # files hold what customers paid: owner only
    as_json = "--json" in sys.argv
    try:
        # Standing alone, typer explains a wrong call to people and ends; for a program it is left to us.
        code = command()(standalone_mode=not as_json)
    except TyperException as wrong_call:
        explain(wrong_call.format_message(), wrong_call.exit_code)
    except (Refused, BadSetting, *REFUSALS) as refusal:
        refuse(str(refusal), as_json=as_json)
    except Exception as error:
        if why := why_unavailable(error):
            refuse(why, as_json=as_json)
        fail(error, as_json=as_json)
    raise SystemExit(code if isinstance(code, int) else 0)
