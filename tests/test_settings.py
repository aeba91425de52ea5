"""Settings are read once, checked at once, and a wrong one says its name and what would do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url

from csp_receivables.settings import BadSetting, Settings, demo_clock, write_demo_clock


def test_without_any_setting_everything_lies_under_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = Settings.from_environment({})

    assert tmp_path / "var" == settings.home
    assert f"sqlite:///{tmp_path}/var/ledger.db" == settings.ledger_url
    assert not settings.is_production


def test_the_ledger_lies_under_its_home_whatever_that_is_called(tmp_path: Path) -> None:
    home = tmp_path / "100%41 åäö? #1"

    url = Settings.from_environment({"CSP_HOME": str(home)}).ledger_url

    assert make_url(url).database == str(home / "ledger.db")


def test_yesterday_is_the_partners_and_not_greenwichs() -> None:
    late_in_the_evening = {"CSP_CLOCK": "2026-10-31T23:30:00+00:00"}  # half past midnight in Stockholm

    assert date(2026, 10, 31) == Settings.from_environment(late_in_the_evening).yesterday()
    assert date(2026, 10, 30) == Settings.from_environment({**late_in_the_evening, "CSP_TIME_ZONE": "UTC"}).yesterday()


def test_the_clock_of_a_demonstration_is_read_by_its_owner_only_whoever_moves_it(tmp_path: Path) -> None:
    for day in (1, 2):
        write_demo_clock(tmp_path, {}, datetime(2026, 11, day, tzinfo=UTC))

    assert demo_clock(tmp_path, {}) == "2026-11-02T00:00:00+00:00"
    assert [(file.name, file.stat().st_mode & 0o777) for file in tmp_path.iterdir()] == [("demo.json", 0o600)]


def test_a_clock_that_stands_still_is_refused_in_production() -> None:
    with pytest.raises(BadSetting, match="CSP_CLOCK is set in production"):
        Settings.from_environment({"CSP_CLOCK": "2026-10-31T23:30:00+00:00", "CSP_ENVIRONMENT": "production"})


def test_the_clock_moves_unless_it_is_fixed(tmp_path: Path) -> None:
    fixed = Settings.from_environment({"CSP_CLOCK": "2026-11-01T06:00:00+01:00"})

    assert datetime(2026, 11, 1, 5, tzinfo=UTC) == fixed.clock()
    assert Settings.from_environment({"CSP_HOME": str(tmp_path)}).fixed_clock is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CSP_TIME_ZONE", "Stockholm", "Europe/Stockholm"),
        ("CSP_TIME_ZONE", "../etc/passwd", "no time zone"),
        ("CSP_ENVIRONMENT", "prod", "development, production"),
        ("CSP_CLOCK", "yesterday", "ISO 8601"),
        ("CSP_CLOCK", "2026-11-01T06:00:00", "offset"),
        ("CSP_VENDOR_TERM_DAYS", "-1", "whole number"),
        ("CSP_INCLUDE", "/nowhere", "is no folder"),
    ],
)
def test_a_wrong_setting_says_its_name_and_what_would_do(name: str, value: str, says: str) -> None:
    with pytest.raises(BadSetting, match=says) as refusal:
        Settings.from_environment({name: value})

    assert name in str(refusal.value)
