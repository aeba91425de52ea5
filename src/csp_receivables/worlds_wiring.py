"""Plugs made-up worlds together: the generator, and an evaluation of the product on what it made.

Apart from `wiring`, so that nothing that runs for a partner can reach the generator or the truth.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from csp_receivables import wiring
from csp_receivables.adapters.bank_line_policy import read_bank_line_policy
from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.books import LedgerBooks
from csp_receivables.adapters.worlds import NoWorld, WorldFolder
from csp_receivables.domain.accuracy import Accuracy, TruthDiffers
from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.booking import Booking, decide_booking
from csp_receivables.domain.day import Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.domain.statements import BankReport, State
from csp_receivables.made_up.world import Made, generate
from csp_receivables.settings import Settings, sqlite_url
from csp_receivables.steps.evaluate import evaluate

# A day's tables are so small that these take longer than what they save: a quarter of a day, as measured. They change
# how an answer is found, never the answer.
_NOT_WORTH_IT = "statistics_propagation,expression_rewriter,join_order,common_subexpressions,common_subplan"
REFUSALS = (NoWorld, TruthDiffers)  # what a command answers with a sentence


def generate_world(folder: Path, *, customers: int, months: int, seed: int) -> Made:
    """Make up a partner whose truth is known, as files in `folder`, which must be new or empty."""
    return generate(folder, customers_wanted=customers, months=months, seed=seed)


def evaluate_world(settings: Settings, folder: Path, until: date | None = None) -> Accuracy:
    """Read a world's files as they would be read live, into a ledger that is thrown away, and judge the bookings.

    Its banks are described in the world's own include folder; the policies are this partner's. `until`: only the days
    up to then. Raises NoWorld and TruthDiffers.
    """
    world = WorldFolder(folder)
    truth = world.truth()
    with tempfile.TemporaryDirectory(prefix="csp-evaluate-") as home:
        apart = replace(
            settings,
            home=Path(home),
            ledger_url=sqlite_url(Path(home) / "ledger.db"),
            include=folder / "include",
            environment="development",
        )
        facts = read_world(apart, world)
        policies = settings.include / "policies"
        decide = partial(
            _decide,
            policy=wiring.matching_policy(settings),
            lines=read_bank_line_policy(policies / "bank_lines.yaml", wiring.account_names(apart)),
        )
        return evaluate(facts, truth, partial(engine, apart.home / "spill"), decide, until)


def import_world(settings: Settings, ledger: Ledger, world: WorldFolder) -> tuple[list[FileReport], list[BankReport]]:
    """Everything that accounting and banks delivered, in the order of its days."""
    reports = [wiring.import_customers(settings, ledger, path) for path in world.files("accounting", "customers-")]
    reports += [wiring.import_receivables(settings, ledger, path) for path in world.files("accounting", "receivables-")]
    names, profiles = wiring.account_names(settings), wiring.bank_profiles(settings)
    return reports, wiring.import_bank(ledger, world.files("bank"), names, profiles)


def read_world(settings: Settings, world: WorldFolder) -> Facts:
    """All facts of the world. Raises TruthDiffers with the first file that was refused or does not prove."""
    ledger = wiring.open_ledger(settings)
    reports, banks = import_world(settings, ledger, world)
    for report in [*reports, *(bank.file for bank in banks)]:
        if report.outcome is Outcome.REFUSED:
            raise TruthDiffers(f"{report.name} was refused: {report.because}")
    for bank in banks:
        if any(each.state is State.HELD for each in bank.statements):
            raise TruthDiffers(f"{bank.file.name} does not prove: {bank.file.findings[0].found}")
    plan = RunPlan(as_of=date.max, known_at=None, mode=Mode.HISTORICAL, because="the whole world")
    facts = LedgerBooks(ledger, settings.time_zone).facts(plan)
    ledger.engine.dispose()
    return facts


def _decide(
    connection: duckdb.DuckDBPyConnection, facts: Facts, policy: MatchingPolicy, lines: BankLinePolicy
) -> Booking:
    connection.execute("SET threads = 1")  # a day is small: handing its hundreds of statements to threads costs a third
    connection.execute(f"SET disabled_optimizers = '{_NOT_WORTH_IT}'")
    return decide_booking(connection, facts, policy, lines, told=False)
