"""The documentation names files, commands and settings that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "csp_receivables"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PLACES = (
    ROOT,
    ROOT / "tests" / "faults" / "year",
    ROOT / "src",
    PACKAGE,
    PACKAGE / "domain",
    PACKAGE / "domain" / "charges",
    PACKAGE / "domain" / "payables",
    PACKAGE / "domain" / "pricing",
    PACKAGE / "domain" / "collections",
    PACKAGE / "domain" / "escalation",
    PACKAGE / "domain" / "support",
    PACKAGE / "adapters" / "bank_files",
    PACKAGE / "adapters" / "ledger",
    PACKAGE / "adapters" / "microsoft_files",
    PACKAGE / "adapters" / "notices",
    PACKAGE / "adapters" / "partner_center",
)
MACHINES = re.compile(r"/(work|home|root|Users)/\w")


def _names(page: Path) -> list[str]:
    """Python files that the page names in code marks."""
    return re.findall(r"`([\w/.-]+\.py)`", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]

    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_path_of_somebodys_machine(page: Path) -> None:
    assert MACHINES.findall(page.read_text(encoding="utf-8")) == []


def test_the_architecture_names_files_that_exist() -> None:
    names = _names(ROOT / "docs" / "ARCHITECTURE.md")

    assert len(names) > 30
    assert [name for name in names if not any((place / name).is_file() for place in PLACES)] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "OPERATIONS.md"], ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"\bmake ([a-z]+)\b(?=[`\s]*(?:#|`|,|\)|$))", page.read_text(encoding="utf-8"), re.M))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.M)] == []


def test_findings_that_the_runbook_names_are_codes_of_the_product() -> None:
    page = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
    folders = "bank|microsoft|accounting|receivable|tenant|charge|day|run|matching|payment"
    codes = set(re.findall(rf"`((?:{folders})\.[a-z_]+)`", page))
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))

    assert len(codes) > 8
    assert [code for code in sorted(codes) if code not in source] == []
