"""Airflow up and down on this machine."""

from __future__ import annotations

import fcntl
import json
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, NoReturn

from rich.console import Console

from csp_airflow.local.api import AirflowApi, CallRefused
from csp_airflow.local.environment import AUTH, PORT, PORTS_APART, Place, airflow_environment, passwords, port_is_free
from csp_airflow.local.launcher import AIRFLOW
from csp_airflow.local.processes import Processes
from csp_airflow.pools import MICROSOFT, MICROSOFT_SLOTS

SECONDS_TO_START = 300.0  # some 30 s on two idle cores; a laptop that does other things needs several times that
POLL_SECONDS = 1.0


class CannotStart(RuntimeError):
    """Airflow can't be started here; the message says what to change."""


def processes_of(place: Place) -> Processes:
    """Airflow's processes of this home."""
    return Processes(records=place.home / "run", logs=place.logs)


@contextmanager
def airflow_for_a_while(place: Place, console: Console, *, stays: bool = False) -> Iterator[AirflowApi]:
    """Airflow for the length of the block. Processes that were up before stay up; all others end, whatever happens.

    With `stays` they stay up too, unless the block breaks off.
    """
    processes = processes_of(place)
    to_stop = not is_up(place)
    try:
        with _told_to_end():
            yield start(place, console) if to_stop else signed_in(place)
        to_stop = to_stop and not stays
    finally:
        if to_stop:
            with _not_to_be_disturbed():
                processes.stop()


def start(place: Place, console: Console) -> AirflowApi:
    """Start what is not up and wait until all of it answers. Raises CannotStart, ProcessDied."""
    processes = processes_of(place)
    if is_up(place):
        return signed_in(place)
    processes.stop()  # what a killed parent left behind would schedule beside us
    _demand_free_ports(place)
    environment = airflow_environment(place)
    with console.status("starting Airflow"):
        launch(place, components(place), environment)
        _wait_until_healthy(place, processes)
    api = signed_in(place)
    api.make_pool(MICROSOFT, MICROSOFT_SLOTS, "calls to Microsoft: it asks for few at once")
    return api


def _demand_free_ports(place: Place) -> None:
    emulator = {place.emulator_port: f"the emulator, {PORTS_APART} from Airflow's"} if place.is_demo else {}
    for port, whose in ({place.port: "Airflow"} | emulator).items():
        if not port_is_free(port):
            raise CannotStart(
                f"port {port}, for {whose}, is taken by another program; name another for Airflow by {PORT}"
            )


def launch(place: Place, commands: Mapping[str, tuple[str, ...]], environment: Mapping[str, str]) -> None:
    """Start these processes, and before them make or migrate Airflow's database, once for each version of Airflow."""
    made, wanted = place.home / "migrated", version("apache-airflow-core") + (" with roles" if place.has_roles else "")
    is_made = made.exists() and made.read_text() == wanted and (place.home / "airflow.db").exists()
    launcher = [sys.executable, "-m", "csp_airflow.local.launcher", *([] if is_made else ["--migrate"])]
    processes_of(place).launch([*launcher, json.dumps(commands)], environment)
    made.write_text(wanted)


def components(place: Place) -> dict[str, tuple[str, ...]]:
    """What runs here: Airflow's processes, and beside a demonstration the emulator of Microsoft."""
    if not place.is_demo:
        return dict(AIRFLOW)
    settings = place.settings
    what = ("--from", str(settings.include / "sample" / "inbox" / "microsoft"), "--port", str(place.emulator_port))
    when = ("--clock", settings.clock().isoformat(), "--poll-seconds", "1")
    return {"emulator": ("csp", "emulator", *what, *when), **AIRFLOW}


def is_up(place: Place) -> bool:
    """Are all processes of this home alive?"""
    return processes_of(place).running() == set(components(place))


def signed_in(place: Place) -> AirflowApi:
    """The REST API of the running Airflow, as its admin. Raises CannotStart where it answers elsewhere, or others."""
    api = AirflowApi(place.url)
    try:
        api.sign_in("admin", passwords(place)["admin"])
    except CallRefused as refusal:
        raise CannotStart(
            f"Airflow of {place.settings.home} is up, but not at {place.url} or with other users ({refusal}); "
            f"give {PORT} and {AUTH} as it was started with, or `make down` first"
        ) from None
    return api


@contextmanager
def one_at_a_time(place: Place) -> Iterator[None]:
    """Two commands that start or stop the same Airflow would get in each other's way. Raises CannotStart."""
    place.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place.home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"another run uses {place.settings.home}: wait, or name another CSP_HOME") from None
        yield


def _wait_until_healthy(place: Place, processes: Processes) -> None:
    api, until = AirflowApi(place.url), time.monotonic() + SECONDS_TO_START
    try:
        while missing := [*api.unhealthy_parts(), *_emulator_missing(place)]:
            processes.check()
            if time.monotonic() > until:
                raise CannotStart(f"{', '.join(missing)} not up after {SECONDS_TO_START:.0f} s; see {place.logs}")
            time.sleep(POLL_SECONDS)
    finally:
        api.close()


def _emulator_missing(place: Place) -> list[str]:
    return ["emulator"] if place.is_demo and port_is_free(place.emulator_port) else []


@contextmanager
def _told_to_end() -> Iterator[None]:
    """A TERM or a closed terminal ends the block like Ctrl-C does, so that what was started is stopped."""
    told = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is not signal.SIG_IGN]
    with _handled(told, _interrupt):
        yield


@contextmanager
def _not_to_be_disturbed() -> Iterator[None]:
    """A second Ctrl-C must not keep us from stopping what we started."""
    with _handled((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), signal.SIG_IGN):
        yield


@contextmanager
def _handled(numbers: Iterable[signal.Signals], by: Any) -> Iterator[None]:
    before = {number: signal.signal(number, by) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: Any) -> NoReturn:
    raise KeyboardInterrupt
