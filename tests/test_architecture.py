"""The tree keeps the house rules: arrows, no clock, no floats in money, short functions, honest names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Looked:
    """What is worth knowing of one file. Its tree is gone: a thousand of them would be in the way of every other test.

    `broken`: what each check that is for the file says.
    """

    module: str
    layer: str
    imports: list[tuple[int, str]]
    broken: dict[str, list[str]]


@cache
def _look(path: Path) -> Looked:
    source = Source.read(path, ROOT)
    folder = path.relative_to(ROOT).parts[0]
    broken = {check.__name__: check(source) for check, folders in CHECKS if folder in folders}
    return Looked(source.module, source.layer, list(source.imports()) if folder in PRODUCT else [], broken)


def _looked_at(folders: tuple[str, ...]) -> list[Looked]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [_look(path) for path in paths if GENERATED not in path.as_posix()]


@pytest.mark.parametrize(("check", "folders"), CHECKS, ids=[check.__name__ for check, _ in CHECKS])
def test_no_file(check: Callable[[Source], list[str]], folders: tuple[str, ...]) -> None:
    looked = _looked_at(folders)
    assert len(looked) > 20, "the tree was not found"

    broken = [each for one in looked for each in one.broken[check.__name__]]
    assert not broken, "\n".join(["", *broken])


def test_every_file_of_the_package_lies_in_a_layer() -> None:
    named = {"csp_receivables", *house_rules.LAYERS}
    astray = [each.module for each in _looked_at(PRODUCT) if not each.layer and each.module not in named]

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
        f"{each.module}:{line} imports {name}"
        for each in _looked_at(PRODUCT)
        for line, name in each.imports
        for way, allowed in WAYS_OUT.items()
        if (name == way or name.startswith(f"{way}.")) and each.module not in allowed
    ]

    assert around == []


def test_the_check_would_notice_somebody_who_goes_around() -> None:
    source = Source("csp_receivables.steps.sneaky", "import smtplib\n")

    assert [name for _, name in source.imports() if name in WAYS_OUT] == ["smtplib"]
