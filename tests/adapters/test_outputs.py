"""The day's files as a whole: issued once, replaced whole, never half."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import openpyxl
import pytest

from csp_receivables.adapters import outputs, whole_folder
from csp_receivables.adapters.outputs import DayFiles
from csp_receivables.domain.day import Day, Mode
from csp_receivables.ports import DayOutputs, Issued
from tests.days import empty_day, sample_day

TEMPLATES = Path(__file__).parents[2] / "include" / "templates"


@pytest.fixture
def files(tmp_path: Path) -> DayFiles:
    return DayFiles(outputs=tmp_path / "outputs", templates=TEMPLATES)


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


def _killed(*_: object) -> None:
    raise Killed


def test_a_live_day_lies_under_its_date(files: DayFiles) -> None:
    outputs_of_the_day: DayOutputs = files
    issued = outputs_of_the_day.issue(sample_day())

    assert issued.changed
    assert issued.workbook == files.outputs / "2026-10-31" / "reconciliation-2026-10-31.xlsx"
    assert issued.page == files.outputs / "2026-10-31" / "reconciliation-2026-10-31.html"
    assert openpyxl.load_workbook(issued.workbook).sheetnames[0] == "Summary"
    assert "Daily reconciliation" in issued.page.read_text(encoding="utf-8")
    assert (issued.tables / "standings.parquet").is_file()


def test_a_historical_day_lies_apart_and_leaves_the_live_one_alone(files: DayFiles) -> None:
    live = files.issue(sample_day())
    before = _content(live.workbook.parent)
    issued = files.issue(replace(empty_day(), mode=Mode.HISTORICAL, known_at="2026-11-05T06:00:00+01:00"))

    assert issued.workbook.parent == files.outputs / "historical" / "2026-10-31@20261105T050000000000Z"
    assert _content(live.workbook.parent) == before


def test_the_same_day_again_changes_nothing(files: DayFiles) -> None:
    first = files.issue(sample_day())
    times = {path: path.stat().st_mtime_ns for path in files.outputs.rglob("*") if path.is_file()}
    again = files.issue(replace(sample_day(), known_at="2026-11-01T09:00:00+00:00"))

    assert again == replace(first, changed=False)
    assert times == {path: path.stat().st_mtime_ns for path in files.outputs.rglob("*") if path.is_file()}


def test_a_changed_day_replaces_every_file(files: DayFiles) -> None:
    first = files.issue(sample_day())
    second = files.issue(empty_day())

    assert second.changed
    assert second.digest != first.digest
    assert "Litware" not in second.page.read_text(encoding="utf-8")
    assert [path.name for path in files.outputs.iterdir() if not path.name.startswith(".lock")] == ["2026-10-31"]


@pytest.mark.parametrize("name", ["reconciliation-2026-10-31.xlsx", "tables/late.csv", "issue.json"])
def test_a_file_that_was_taken_away_is_made_again(files: DayFiles, name: str) -> None:
    first = files.issue(sample_day())
    before = _content(first.workbook.parent)
    (first.workbook.parent / name).unlink()

    assert files.issue(sample_day()).changed
    assert _content(first.workbook.parent) == before


@pytest.mark.parametrize(
    ("module", "stop"),
    [(outputs, "write_workbook"), (outputs, "write_page"), (outputs, "write_tables"), (whole_folder, "_settle")],
)
def test_a_run_killed_between_files_leaves_the_old_issue_whole(
    files: DayFiles, monkeypatch: pytest.MonkeyPatch, module: ModuleType, stop: str
) -> None:
    first = files.issue(sample_day())
    before = _content(first.workbook.parent)
    with monkeypatch.context() as killing:
        killing.setattr(module, stop, _killed)
        with pytest.raises(Killed):
            files.issue(empty_day())

    assert _content(first.workbook.parent) == before
    assert files.issue(sample_day()) == replace(first, changed=False)
    assert not [path.name for path in files.outputs.iterdir() if path.name.endswith((".new", ".old"))]


def test_a_run_killed_between_the_two_renames_is_healed_by_the_next(
    files: DayFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = files.issue(sample_day())
    before = _content(first.workbook.parent)
    rename = Path.rename

    def once(path: Path, target: Path) -> Path:
        return rename(path, target) if target.name.endswith(".old") else _killed() or path

    with monkeypatch.context() as killing:
        killing.setattr(Path, "rename", once)
        with pytest.raises(Killed):
            files.issue(empty_day())
    assert not first.workbook.exists()

    assert files.issue(sample_day()) == replace(first, changed=False)
    assert _content(first.workbook.parent) == before


def test_a_first_issue_that_was_killed_leaves_no_day_behind(files: DayFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killing:
        killing.setattr(outputs, "write_tables", _killed)
        with pytest.raises(Killed):
            files.issue(sample_day())

    assert not (files.outputs / "2026-10-31").exists()
    assert files.issue(sample_day()).changed


def test_only_the_owner_may_read_whatever_the_umask(files: DayFiles) -> None:
    usual = os.umask(0o000)
    try:
        files.issue(sample_day())
        files.issue(replace(sample_day(), mode=Mode.HISTORICAL))
    finally:
        os.umask(usual)
    modes = {
        str(path.relative_to(files.outputs)): stat.S_IMODE(path.stat().st_mode) for path in files.outputs.rglob("*")
    }

    assert len(modes) > 40
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_two_days_written_apart_are_equal_byte_for_byte(tmp_path: Path) -> None:
    def issued(name: str, day: Day) -> Issued:
        return DayFiles(outputs=tmp_path / name, templates=TEMPLATES).issue(day)

    one, two = issued("one", sample_day()), issued("two", sample_day())

    assert _content(one.workbook.parent) == _content(two.workbook.parent)
