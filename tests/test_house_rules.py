"""Each check of the house rules fails on a bad snippet and lets a good one pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import house_rules
from tests.house_rules import Source

Check = Callable[[Source], list[str]]
DOMAIN, STEP, ADAPTER = (
    "csp_receivables.domain.money",
    "csp_receivables.steps.reconcile",
    "csp_receivables.adapters.page",
)
LONG = "def f():\n" + "    x = 1\n" * 50

BAD: list[tuple[str, Check, str, str]] = [
    ("domain imports ports", house_rules.breaks_an_arrow, DOMAIN, "import csp_receivables.ports"),
    ("domain imports an adapter", house_rules.breaks_an_arrow, DOMAIN, "from csp_receivables import adapters"),
    ("ports imports steps", house_rules.breaks_an_arrow, "csp_receivables.ports", "from csp_receivables import steps"),
    ("a step imports a step", house_rules.breaks_an_arrow, STEP, "from csp_receivables.steps import publish"),
    ("a step imports a step nearby", house_rules.breaks_an_arrow, STEP, "from . import publish"),
    ("a step imports an adapter", house_rules.breaks_an_arrow, STEP, "import csp_receivables.adapters.ledger"),
    ("hidden in a function", house_rules.breaks_an_arrow, STEP, "def f():\n    import csp_receivables.wiring"),
    ("an adapter imports a step", house_rules.breaks_an_arrow, ADAPTER, "from csp_receivables.steps import publish"),
    ("an adapter imports wiring", house_rules.breaks_an_arrow, ADAPTER, "import csp_receivables.wiring"),
    ("a page reaches two levels up", house_rules.breaks_an_arrow, ADAPTER, "from ..steps.publish import publish"),
    (
        "the command line names an adapter",
        house_rules.breaks_an_arrow,
        "csp_receivables.cli.run",
        "from csp_receivables.adapters.ledger import Ledger",
    ),
    (
        "csp_airflow names an adapter",
        house_rules.breaks_an_arrow,
        "csp_airflow.hooks",
        "from csp_receivables.adapters import ledger",
    ),
    (
        "wiring imports the command line",
        house_rules.breaks_an_arrow,
        "csp_receivables.wiring",
        "import csp_receivables.cli",
    ),
    ("a DAG calls a step", house_rules.breaks_an_arrow, "dags.day", "from csp_receivables.steps import reconcile"),
    ("a plugin calls wiring", house_rules.breaks_an_arrow, "plugins.day", "from csp_receivables import wiring"),
    ("domain imports pandas", house_rules.leaves_the_domain, DOMAIN, "import pandas as pd"),
    ("domain opens files", house_rules.leaves_the_domain, DOMAIN, "from pathlib import Path"),
    ("domain throws dice", house_rules.leaves_the_domain, DOMAIN, "import random"),
    ("domain stores", house_rules.leaves_the_domain, DOMAIN, "import sqlalchemy"),
    ("domain waits", house_rules.leaves_the_domain, DOMAIN, "from time import sleep"),
    ("a step imports Airflow", house_rules.reads_airflow, STEP, "from airflow.sdk import task"),
    ("the command line imports Airflow", house_rules.reads_airflow, "csp_receivables.cli", "import airflow"),
    ("now", house_rules.reads_a_clock, STEP, "x = datetime.now(UTC)"),
    ("now by its module", house_rules.reads_a_clock, STEP, "x = datetime.datetime.now()"),
    ("today", house_rules.reads_a_clock, DOMAIN, "x = date.today()"),
    ("time", house_rules.reads_a_clock, ADAPTER, "x = time.time()"),
    ("time by name", house_rules.reads_a_clock, ADAPTER, "from time import time"),
    ("now as a value", house_rules.reads_a_clock, STEP, "f(clock=datetime.now)"),
    ("in a DAG", house_rules.reads_a_clock, "dags.day", "x = pendulum.now()"),
    (
        "elsewhere in settings",
        house_rules.reads_a_clock,
        "csp_receivables.settings",
        "def clock():\n    return 1\ndef yesterday():\n    return datetime.now()",
    ),
    ("a float literal", house_rules.uses_floats, DOMAIN, "RATE = 0.25"),
    ("a float type", house_rules.uses_floats, DOMAIN, "def f(amount: float): ..."),
    ("a float of Arrow", house_rules.uses_floats, "csp_receivables.adapters.ledger.bulk", "x = pa.float64()"),
    ("a float of SQL", house_rules.uses_floats, DOMAIN, 'Q = "SELECT sum(amount)::DOUBLE FROM t"'),
    ("a float of SQL in a formatted text", house_rules.uses_floats, DOMAIN, 'Q = f"CAST({x} AS FLOAT8)"'),
    ("51 lines", house_rules.has_long_functions, DOMAIN, LONG),
    ("51 lines in a class", house_rules.has_long_functions, DOMAIN, "class C:\n    " + LONG.replace("\n", "\n    ")),
    ("a long file", house_rules.is_too_long, DOMAIN, "x = 1\n" * 401),
    ("a long DAG", house_rules.is_too_long, "dags.day", "x = 1\n" * 151),
    ("utils", house_rules.has_a_vague_name, "csp_receivables.domain.utils", ""),
    ("a common folder", house_rules.has_a_vague_name, "csp_receivables.common.money", ""),
    ("a module without docstring", house_rules.lacks_docstrings, DOMAIN, "x = 1"),
    ("a function without docstring", house_rules.lacks_docstrings, DOMAIN, '"""M."""\ndef f(): ...'),
    ("a class without docstring", house_rules.lacks_docstrings, DOMAIN, '"""M."""\nclass C: ...'),
    ("a coroutine without docstring", house_rules.lacks_docstrings, DOMAIN, '"""M."""\nasync def f(): ...'),
]
GOOD: list[tuple[str, Check, str, str]] = [
    ("domain imports domain", house_rules.breaks_an_arrow, DOMAIN, "from csp_receivables.domain import findings"),
    ("a step imports ports", house_rules.breaks_an_arrow, STEP, "from csp_receivables.ports import LedgerPort"),
    (
        "wiring names adapters",
        house_rules.breaks_an_arrow,
        "csp_receivables.wiring",
        "import csp_receivables.adapters.page",
    ),
    ("an adapter uses another", house_rules.breaks_an_arrow, ADAPTER, "import csp_receivables.adapters.tables"),
    ("a DAG uses csp_airflow", house_rules.breaks_an_arrow, "dags.day", "from csp_airflow.tasks import reconcile"),
    ("domain uses Arrow", house_rules.leaves_the_domain, DOMAIN, "import pyarrow.compute as pc"),
    ("an adapter opens files", house_rules.leaves_the_domain, ADAPTER, "from pathlib import Path"),
    ("csp_airflow imports Airflow", house_rules.reads_airflow, "csp_airflow.hooks", "from airflow.sdk import BaseHook"),
    ("csp_airflow is not Airflow", house_rules.reads_airflow, STEP, "import airflowing"),
    (
        "the settings' clock",
        house_rules.reads_a_clock,
        "csp_receivables.settings",
        "class Settings:\n    def clock(self):\n        return datetime.now(UTC)",
    ),
    ("a stop watch", house_rules.reads_a_clock, "csp_airflow.local", "x = time.monotonic()"),
    ("whole numbers", house_rules.uses_floats, DOMAIN, "RATE = 25"),
    ("a float on a page", house_rules.uses_floats, ADAPTER, "WIDTH = 0.5"),
    ("a float with its reason", house_rules.uses_floats, DOMAIN, "LIKENESS_MIN = 0.6  # not money: likeness of names"),
    ("a DAG's function", house_rules.lacks_docstrings, "dags.day", '"""The runbook."""\n@dag()\ndef day(): ...'),
    ("a docstring about floats", house_rules.uses_floats, DOMAIN, '"""SQLite knows REAL only."""'),
    ("50 lines", house_rules.has_long_functions, DOMAIN, LONG.removesuffix("    x = 1\n")),
    ("a file at its limit", house_rules.is_too_long, DOMAIN, "x = 1\n" * 400),
    ("a DAG at its limit", house_rules.is_too_long, "dags.day", "x = 1\n" * 150),
    ("a name that says what", house_rules.has_a_vague_name, "csp_receivables.domain.commonality", ""),
    ("private needs no docstring", house_rules.lacks_docstrings, DOMAIN, '"""M."""\ndef _f(): ...'),
    ("an empty file", house_rules.lacks_docstrings, DOMAIN, ""),
]


def _ids(cases: list[tuple[str, Check, str, str]]) -> list[str]:
    return [f"{check.__name__}-{name}" for name, check, _, _ in cases]


@pytest.mark.parametrize(("name", "check", "module", "text"), BAD, ids=_ids(BAD))
def test_a_check_fails_on_what_it_forbids(name: str, check: Check, module: str, text: str) -> None:
    broken = check(Source(module, text))

    assert broken, name
    assert all(module in each for each in broken)


@pytest.mark.parametrize(("name", "check", "module", "text"), GOOD, ids=_ids(GOOD))
def test_a_check_lets_good_code_pass(name: str, check: Check, module: str, text: str) -> None:
    assert check(Source(module, text)) == []


def test_every_check_has_a_bad_snippet() -> None:
    from tests.test_architecture import CHECKS

    assert {check for check, _ in CHECKS} == {check for _, check, _, _ in BAD}
