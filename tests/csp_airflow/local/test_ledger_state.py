"""A new home becomes a demonstration once and for ever; a home with files of one's own never does."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from csp_airflow.local import ledger_state
from csp_airflow.local.environment import Place
from csp_airflow.local.ledger_state import prepare, state_of
from csp_receivables.settings import BadSetting, Settings
from csp_receivables.wiring import mark_of, rows_kept
from tests.airflow_home import ROOT

MORNING = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)  # 06:00 in Stockholm


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    return {"CSP_HOME": str(tmp_path / "home"), "CSP_ROOT": str(ROOT), "CSP_INCLUDE": str(ROOT / "include")}


def files_in(settings: Settings) -> list[str]:
    return sorted(str(path.relative_to(settings.inbox)) for path in settings.inbox.rglob("*") if path.is_file())


def test_a_new_home_gets_the_sample_and_a_clock_that_stands_at_the_morning_after_it(given: dict[str, str]) -> None:
    settings = prepare(Place.from_environment(given), given).settings

    assert mark_of(settings) == "demo"
    assert settings.fixed_clock == MORNING
    assert settings.yesterday() == date(2026, 10, 31)
    assert len(files_in(settings)) > 30


def test_a_new_home_in_production_is_empty_and_real(given: dict[str, str]) -> None:
    production = given | {"CSP_ENVIRONMENT": "production"}

    settings = prepare(Place.from_environment(production), production).settings

    assert (mark_of(settings), settings.fixed_clock, files_in(settings)) == ("real", None, [])


def test_a_run_that_is_killed_as_it_stops_the_clock_leaves_no_half_of_it(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text

    def killed(file: Path, text: str) -> int:
        write(file, text[:20])
        raise KeyboardInterrupt

    with monkeypatch.context() as kill:
        kill.setattr(Path, "write_text", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(Place.from_environment(given), given)

    settings = prepare(Place.from_environment(given), given).settings

    assert (mark_of(settings), settings.fixed_clock) == ("demo", MORNING)


def test_policies_of_ones_own_without_the_sample_are_told_by_their_setting(
    given: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "policies").mkdir()
    own = given | {"CSP_INCLUDE": str(tmp_path)}

    with pytest.raises(BadSetting, match=r"CSP_INCLUDE: .*sample is not there.*inbox"):
        prepare(Place.from_environment(own), own)

    assert mark_of(Settings.from_environment(own)) is None


def test_whatever_uses_the_home_later_sees_the_same_clock(given: dict[str, str]) -> None:
    prepare(Place.from_environment(given), given)

    assert Settings.from_environment(given).fixed_clock == MORNING


def test_another_ledger_used_from_the_same_home_has_the_real_clock(given: dict[str, str], tmp_path: Path) -> None:
    prepare(Place.from_environment(given), given)

    assert Settings.from_environment(given | {"CSP_LEDGER_URL": f"sqlite:///{tmp_path}/real.db"}).fixed_clock is None


def test_preparing_again_changes_nothing(given: dict[str, str]) -> None:
    first = prepare(Place.from_environment(given), given)
    before = (files_in(first.settings), state_of(first.settings))

    second = prepare(Place.from_environment(given), given)

    assert second == first
    assert (files_in(second.settings), state_of(second.settings)) == before


def test_files_that_were_taken_are_not_laid_again(given: dict[str, str]) -> None:
    settings = prepare(Place.from_environment(given), given).settings
    for path in settings.inbox.glob("bank/*"):
        path.unlink()

    prepare(Place.from_environment(given), given)

    assert not any(name.startswith("bank") for name in files_in(settings))


def test_nothing_is_recorded_later_than_the_clock_stands(given: dict[str, str]) -> None:
    from sqlalchemy import create_engine, text

    settings = prepare(Place.from_environment(given), given).settings

    with create_engine(settings.ledger_url).connect() as connection:
        assert (
            connection.execute(text("SELECT last_recorded_at FROM ledger_mark")).scalar()
            == "2026-11-01T05:00:00.000000Z"
        )


def test_files_of_ones_own_make_a_real_ledger_without_the_sample(given: dict[str, str]) -> None:
    own = Path(given["CSP_HOME"]) / "inbox" / "bank" / "statement.xml"
    own.parent.mkdir(parents=True)
    own.write_text("<Document/>")

    settings = prepare(Place.from_environment(given), given).settings

    assert mark_of(settings) == "real"
    assert settings.fixed_clock is None
    assert files_in(settings) == ["bank/statement.xml"]


@pytest.mark.parametrize("step", ["_lay_sample", "_copy", "open_ledger"])
def test_a_run_killed_while_it_prepares_leaves_a_demonstration_to_the_next(
    given: dict[str, str], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ledger_state, step, kill)
        with pytest.raises(Killed):
            prepare(Place.from_environment(given), given)

    settings = prepare(Place.from_environment(given), given).settings
    whole = Place.from_environment(given | {"CSP_HOME": f"{given['CSP_HOME']}-2"})
    assert mark_of(settings) == "demo"
    assert files_in(settings) == files_in(prepare(whole, given | {"CSP_HOME": f"{given['CSP_HOME']}-2"}).settings)


def test_the_state_tells_a_changed_output_from_an_unchanged_one(given: dict[str, str]) -> None:
    settings = prepare(Place.from_environment(given), given).settings
    page = settings.outputs / "2026-10-31" / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text("one")
    before = state_of(settings)
    page.write_text("two")

    assert state_of(settings) != before
    assert state_of(settings).rows == rows_kept(settings)
    assert json.loads((settings.home / "demo.json").read_text())["clock"] == "2026-11-01T06:00:00+01:00"
