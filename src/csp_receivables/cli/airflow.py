"""`csp airflow`: what Airflow needs of ours beyond its DAGs."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from csp_receivables.cli.microsoft import CONSENT_PORT, MinutesOption, PortOption

ConnectionOption = Annotated[str, typer.Option("--connection", help="partner_center_reader or partner_center_actor.")]
airflow_app = typer.Typer(help="What Airflow needs besides its DAGs.", no_args_is_help=True)


@airflow_app.callback()
def only_subcommands() -> None:
    """What Airflow needs besides its DAGs."""


@airflow_app.command("consent")
def consent(
    connection: ConnectionOption = "partner_center_reader", port: PortOption = CONSENT_PORT, minutes: MinutesOption = 10
) -> None:
    """Let a person consent for a connection with user; its tasks find the refresh token."""
    asked = ["--connection", connection, "--port", str(port), "--minutes", str(minutes)]
    os.execv(sys.executable, [sys.executable, "-m", "csp_airflow.consent", *asked])  # noqa: S606 - as below


@airflow_app.command("roles")
def roles() -> None:
    """Make Airflow's roles of ours: Finance sees pages, Approver may answer questions and not mark tasks as done."""
    os.execv(sys.executable, [sys.executable, "-m", "csp_airflow.roles"])  # noqa: S606 - the other package, no shell
