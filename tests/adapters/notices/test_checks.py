"""What a language lacks is told with the file and the remedy, and no customer meets it first."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from csp_receivables.adapters.checked_yaml import FileFaults
from csp_receivables.adapters.notices import BadTemplate, render
from csp_receivables.adapters.notices.checks import template_faults
from csp_receivables.adapters.notices.wording import languages
from csp_receivables.collections_wiring import understand_policy
from csp_receivables.domain.collections.notice_examples import example_notices
from csp_receivables.settings import Settings
from csp_receivables.wiring import collections_policy

TEMPLATES = Path(__file__).parents[3] / "include" / "templates" / "notices"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TEMPLATES, tmp_path / "notices"))


@pytest.mark.parametrize("language", languages(TEMPLATES))
def test_every_language_there_is_can_say_every_notice(language: str) -> None:
    assert template_faults(TEMPLATES, language) == ()


def test_a_language_without_a_folder_is_named_with_those_there_are() -> None:
    (fault,) = template_faults(TEMPLATES, "fi")

    assert "'fi'" in fault
    assert "de, en, sv" in fault


def test_a_missing_notice_is_told_once(folder: Path) -> None:
    (folder / "sv" / "statement.j2").unlink()

    (fault,) = template_faults(folder, "sv")

    assert fault.startswith("sv/statement.j2 is missing. Copy that of another language")


def test_a_notice_that_only_the_policy_names_is_asked_for_too(folder: Path) -> None:
    (fault,) = template_faults(folder, "sv", ["second_reminder"])

    assert fault.startswith("sv/second_reminder.j2 is missing")


@pytest.mark.parametrize(("old", "new", "said"), [
    ("{% macro dispute() %}", "{% macro disputed() %}", "words.j2: dispute is missing"),
    ("{{ day }}", "{{ dya }}", "'dya' is undefined"),
    ('other="{n} dagar försenad"', 'outher="{n} dagar försenad"', "words.j2: days: 'other'"),
])  # fmt: skip
def test_a_slip_in_the_common_words_is_told(folder: Path, old: str, new: str, said: str) -> None:
    words = folder / "sv" / "words.j2"
    words.write_text(words.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    assert any(said in fault for fault in template_faults(folder, "sv"))


@pytest.mark.parametrize(("old", "new", "said"), [
    ("{% set title %}", "{% set titel %}", "sv/reminder.j2: title is not set"),
    ("notice.to_pay", "notice.to_pya", "sv/reminder.j2: 'dict object' has no attribute 'to_pya'"),
    ("{% endset %}", "", "sv/reminder.j2:"),
    ("{% set subject %}", "{% set subject %}{{ '{n}' }}", "says a mark of the template"),
])  # fmt: skip
def test_a_slip_in_a_notice_is_told_with_its_file(folder: Path, old: str, new: str, said: str) -> None:
    words = folder / "sv" / "reminder.j2"
    words.write_text(words.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    assert any(said in fault for fault in template_faults(folder, "sv"))


@pytest.mark.parametrize(
    "attack", ["{{ ''.__class__.__mro__ }}", "{{ plural.__globals__ }}", "{% include '../../x' %}"]
)
def test_words_reach_nothing_but_words(folder: Path, attack: str) -> None:
    words = folder / "sv" / "reminder.j2"
    words.write_text(f"{attack}\n{words.read_text(encoding='utf-8')}", encoding="utf-8")

    with pytest.raises(BadTemplate, match="sv/reminder"):
        render(example_notices("reminder", "sv")["ordinary"], folder)


def test_a_new_language_is_a_folder_and_nothing_else(folder: Path) -> None:
    shutil.copytree(folder / "en", folder / "nb")
    words = folder / "nb" / "words.j2"
    words.write_text(words.read_text(encoding="utf-8").replace('"en_GB"', '"nb_NO"'), encoding="utf-8")

    assert template_faults(folder, "nb") == ()
    assert "nb" in languages(folder)
    assert "12\u00a0345,00\u00a0SEK" in render(example_notices("reminder", "nb")["ordinary"], folder).text


def test_what_one_process_understood_for_those_forked_from_it_is_read_anew_once_it_changes(tmp_path: Path) -> None:
    include = tmp_path / "include"
    for name in ("policies", "templates"):
        shutil.copytree(TEMPLATES.parents[1] / name, include / name)
    settings = Settings.from_environment({"CSP_HOME": str(tmp_path / "home"), "CSP_INCLUDE": str(include)})
    understand_policy(settings)
    assert collections_policy(settings).languages

    (include / "templates" / "notices" / "en" / "reminder.j2").write_text("{% set subject %}Late", encoding="utf-8")

    with pytest.raises(FileFaults, match=r"reminder\.j2"):
        collections_policy(settings)
