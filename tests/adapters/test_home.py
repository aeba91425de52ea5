"""Whatever lay there before, nobody but its owner looks into CSP_HOME, or a person is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from csp_receivables.adapters.home import FOLDERS, make_home


def mode_of(path: Path) -> str:
    return f"{path.stat().st_mode & 0o7777:04o}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_new_home_and_its_folders_are_their_owners_alone(home: Path) -> None:
    make_home(home)

    assert {mode_of(path) for path in (home, *(home / folder for folder in FOLDERS))} == {"0700"}


@pytest.mark.parametrize(
    ("before", "after"),
    [(0o755, "0700"), (0o750, "0700"), (0o711, "0700"), (0o777, "0700"), (0o710, "0710"), (0o700, "0700")],
)
def test_an_existing_home_of_ours_is_closed_to_others(home: Path, before: int, after: str) -> None:
    make_home(home)
    home.chmod(before)

    make_home(home)

    assert mode_of(home) == after


def test_closing_a_home_is_said_once(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    home.mkdir()
    home.chmod(0o755)

    make_home(home)
    make_home(home)

    assert [record.message for record in caplog.records] == [
        f"CSP_HOME {home} could be read by others (mode 0755); now only its owner may (0700)"
    ]


def test_a_folder_that_holds_more_than_ours_is_left_and_told(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    """CSP_HOME=/tmp must not lock everybody else out of it."""
    home.mkdir()
    home.chmod(0o1777)
    (home / "somebody-elses").touch()

    make_home(home)

    assert mode_of(home) == "1777"
    assert "holds more than ours (somebody-elses)" in caplog.text


def test_the_home_of_somebody_else_is_left_and_told(
    home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    home.chmod(0o755)
    owner = home.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    make_home(home)

    assert mode_of(home) == "0755"
    assert "belongs to somebody else: its owner should run chmod 700" in caplog.text
