"""`csp policy`: the published rules of collections."""

from __future__ import annotations

import typer

from csp_receivables.cli.policy_approve import approve
from csp_receivables.cli.policy_backtest import backtest
from csp_receivables.cli.policy_check import check
from csp_receivables.cli.policy_migrate import migrate
from csp_receivables.cli.policy_render import render
from csp_receivables.cli.policy_show import show
from csp_receivables.cli.policy_simulate import simulate

policy_app = typer.Typer(
    help="The published collections rules: what they say, and what they would decide.", no_args_is_help=True
)
policy_app.command("approve")(approve)
policy_app.command("backtest")(backtest)
policy_app.command("check")(check)
policy_app.command("migrate")(migrate)
policy_app.command("render")(render)
policy_app.command("show")(show)
policy_app.command("simulate")(simulate)


@policy_app.callback()
def policy() -> None:
    """See the help of `policy_app`."""
