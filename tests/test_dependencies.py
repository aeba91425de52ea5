"""docs/dependencies.md has one line for each direct dependency, and none for what is gone."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
NAMES = ("requirements.in", "requirements-dev.in", "requirements-fuzz.in")
PARTS = dict(zip(NAMES, PAGE.split("\n## ")[1:], strict=True))


def _wanted(name: str) -> list[str]:
    """The packages of a requirements file, without extras, versions, comments and options."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    return [re.split(r"[\[<>=!~; ]", line)[0] for line in lines if line and not line.startswith("-")]


def _explained(part: str) -> dict[str, str]:
    return dict(re.findall(r"^\| ([\w.-]+) \| (.+) \|$", part.split("| --- | --- |")[1], re.M))


@pytest.mark.parametrize("name", sorted(PARTS))
def test_each_dependency_has_one_reason_and_no_reason_is_stale(name: str) -> None:
    rows = re.findall(r"^\| ([\w.-]+) \|", PARTS[name].split("| --- | --- |")[1], re.M)

    assert Counter(rows) == Counter(_wanted(name))
    assert all(len(reason) > 10 for reason in _explained(PARTS[name]).values())


@pytest.mark.parametrize("name", sorted(PARTS))
def test_each_dependency_is_pinned_and_no_host_is_named(name: str) -> None:
    text = "".join(each.read_text(encoding="utf-8") for each in sorted(ROOT.glob("requirements*.txt")))
    pins = {pin.lower().replace("_", "-") for pin in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==\S+", text, re.M)}

    assert {each.lower().replace("_", "-") for each in _wanted(name)} <= pins
    assert "://" not in text
