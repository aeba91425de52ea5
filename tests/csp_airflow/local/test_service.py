"""Starting refuses what can't work, by the name of the setting that cures it."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from csp_airflow.local import service
from csp_airflow.local.environment import PORTS_APART, Place
from csp_airflow.local.service import CannotStart, airflow_for_a_while, is_up, one_at_a_time, start
from csp_receivables.wiring import make_home, open_ledger
from tests.ports import free_airflow_port


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "dags").mkdir()
    port = str(free_airflow_port())
    given = {"CSP_HOME": str(tmp_path / "home"), "CSP_ROOT": str(tmp_path), "CSP_AIRFLOW_PORT": port}
    return Place.from_environment(given)


def test_a_taken_port_is_told_with_the_setting_that_names_another(place: Place) -> None:
    told = f"port {place.port}, for Airflow, is taken.*CSP_AIRFLOW_PORT"
    with socket.create_server(("127.0.0.1", place.port)), pytest.raises(CannotStart, match=told):
        start(place, Console(quiet=True))


def test_a_taken_port_of_the_emulator_is_told_as_such(place: Place) -> None:
    make_home(place.settings)
    open_ledger(place.settings, "demo").engine.dispose()

    told = f"port {place.emulator_port}, for the emulator, {PORTS_APART} from Airflow's, is taken.*CSP_AIRFLOW_PORT"
    with socket.create_server(("127.0.0.1", place.emulator_port)), pytest.raises(CannotStart, match=told):
        start(place, Console(quiet=True))


def test_a_second_run_in_the_same_home_waits_for_the_first(place: Place) -> None:
    with one_at_a_time(place), pytest.raises(CannotStart, match="another run"), one_at_a_time(place):
        pass
    with one_at_a_time(place):
        pass


def test_nothing_is_up_in_a_new_home(place: Place) -> None:
    assert not is_up(place)


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """A shell that puts the tests into the background has them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def starts_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow is one process that sleeps."""
    processes = service.processes_of(place)

    def start_one(_place: Place, _console: Console) -> None:
        for folder in (processes.records, processes.logs):
            folder.mkdir(parents=True)
        processes._start("scheduler", [sys.executable, "-c", "import time; time.sleep(600)"], {})

    monkeypatch.setattr(service, "start", start_one)


@pytest.mark.usefixtures("heeds_ctrl_c")
@pytest.mark.usefixtures("starts_one")
@pytest.mark.parametrize("stays", [False, True], ids=["a while", "to stay"])
@pytest.mark.parametrize(
    "how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=["TERM", "Ctrl-C", "the terminal is closed"]
)
def test_being_told_to_end_stops_what_was_started(place: Place, how: signal.Signals, *, stays: bool) -> None:
    processes = service.processes_of(place)

    with pytest.raises(KeyboardInterrupt), airflow_for_a_while(place, Console(quiet=True), stays=stays):
        assert len(processes.alive()) == 1
        signal.raise_signal(how)

    assert processes.alive() == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


@pytest.mark.usefixtures("starts_one")
def test_who_asked_that_a_closed_terminal_ends_nothing_is_heeded(place: Place) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with airflow_for_a_while(place, Console(quiet=True)):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("starts_one")
def test_what_is_to_stay_stays_and_a_second_start_that_breaks_off_leaves_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes, console = service.processes_of(place), Console(quiet=True)
    with airflow_for_a_while(place, console, stays=True):
        pass
    up = [process.pid for process in processes.alive()]
    monkeypatch.setattr(service, "components", lambda _: {"scheduler": ()})

    told = f"is up, but not at {place.url}.*CSP_AIRFLOW_PORT and CSP_AIRFLOW_AUTH.*make down"
    with pytest.raises(CannotStart, match=told), airflow_for_a_while(place, console, stays=True):
        pass

    assert [process.pid for process in processes.alive()] == up
    assert len(up) == 1
    processes.stop()
