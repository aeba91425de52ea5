"""The tree keeps the house rules: arrows, no clock, no floats in money, short functions, honest names."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests import house_rules
from tests.house_rules import Source

ROOT = Path(__file__).parents[1]
GENERATED = "migrations/versions"  # Alembic writes them
PRODUCT = ("src", "dags", "plugins", "emulator")
EVERYTHING = (*PRODUCT, "bench", "fuzz", "tests")
CHECKS: list[tuple[Callable[[Source], list[str]], tuple[str, ...]]] = [
    (house_rules.breaks_an_arrow, PRODUCT),
    (house_rules.leaves_the_domain, PRODUCT),
    (house_rules.reads_airflow, PRODUCT),
    (house_rules.reads_a_clock, PRODUCT),
    (house_rules.uses_floats, PRODUCT),
    (house_rules.has_long_functions, EVERYTHING),
    (house_rules.is_too_long, PRODUCT),
    (house_rules.has_a_vague_name, EVERYTHING),
    (house_rules.lacks_docstrings, (*PRODUCT, "bench", "fuzz")),
]


def _sources(folders: tuple[str, ...]) -> list[Source]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [_source(path) for path in paths if GENERATED not in path.as_posix()]


@cache
def _source(path: Path) -> Source:
    """A file, parsed once for all checks."""
    return Source.read(path, ROOT)


@pytest.mark.parametrize(("check", "folders"), CHECKS, ids=[check.__name__ for check, _ in CHECKS])
def test_no_file(check: Callable[[Source], list[str]], folders: tuple[str, ...]) -> None:
    sources = _sources(folders)
    assert len(sources) > 20, "the tree was not found"

    broken = [each for source in sources for each in check(source)]
    assert not broken, "\n".join(["", *broken])


def test_every_file_of_the_package_lies_in_a_layer() -> None:
    named = {"csp_receivables", *house_rules.LAYERS}
    astray = [source.module for source in _sources(PRODUCT) if not source.layer and source.module not in named]

    assert astray == []


def test_the_include_folder_holds_no_python() -> None:
    assert list((ROOT / "include").rglob("*.py")) == []


WAYS_OUT = {  # modules that speak to the outside, and who alone may import them
    "smtplib": {"csp_receivables.adapters.mail.smtp"},
    "csp_receivables.adapters.mail.smtp": {"csp_receivables.adapters.mail.gated"},
    "csp_receivables.adapters.mail.gated": {"csp_receivables.mail_wiring"},
    "imaplib": {"csp_receivables.adapters.mailbox"},
    "airflow.providers.smtp": set(),  # a notifier of Airflow's would go around the gate
    "airflow.utils.email": set(),
    "aiosmtplib": set(),
    "sendmail": set(),
    "csp_receivables.adapters.partner_center.actor": {"csp_receivables.microsoft_wiring"},  # what changes subscriptions
    "msal": {"csp_receivables.adapters.partner_center.sign_in"},
}


def test_nothing_goes_around_the_gate() -> None:
    around = [
        f"{source.module}:{line} imports {name}"
        for source in _sources(PRODUCT)
        for line, name in source.imports()
        for way, allowed in WAYS_OUT.items()
        if (name == way or name.startswith(f"{way}.")) and source.module not in allowed
    ]

    assert around == []


def test_the_check_would_notice_somebody_who_goes_around() -> None:
    source = Source("csp_receivables.steps.sneaky", "import smtplib\n")

    assert [name for _, name in source.imports() if name in WAYS_OUT] == ["smtplib"]
