"""`csp airflow`: what Airflow needs of ours beyond its DAGs."""

from __future__ import annotations

import os
import sys

import typer

airflow_app = typer.Typer(help="What Airflow needs besides its DAGs.", no_args_is_help=True)


@airflow_app.callback()
def only_subcommands() -> None:
    """What Airflow needs besides its DAGs."""


@airflow_app.command("roles")
def roles() -> None:
    """Make Airflow's roles of ours: Finance sees pages, Approver may answer questions and not mark tasks as done."""
    os.execv(sys.executable, [sys.executable, "-m", "csp_airflow.roles"])  # noqa: S606 - the other package, no shell
