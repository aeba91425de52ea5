"""Processes are found and stopped whatever became of their parent, and strangers are left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from csp_airflow.local import processes as module
from csp_airflow.local.processes import ProcessDied, Processes, Started

ENVIRONMENT = dict(os.environ)


def wait_until(done: Callable[[], bool]) -> None:
    assert module._wait(done, 30)


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    """Processes whose `airflow` is any Python program."""
    found = Processes(records=tmp_path / "run", logs=tmp_path / "logs")
    yield found
    found.stop(5)


def start(processes: Processes, name: str, program: str) -> int:
    for folder in (processes.records, processes.logs):
        folder.mkdir(exist_ok=True)
    processes._start(name, [sys.executable, "-c", program], ENVIRONMENT)
    return next(started.pid for started in processes.recorded() if started.name == name)


SLEEPS = "import time; print('ready', flush=True); time.sleep(600)"
IGNORES_TERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
)
HAS_CHILD_IN_OWN_GROUP = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {SLEEPS!r}], process_group=0)
print("ready", flush=True)
time.sleep(600)
"""


def is_ready(processes: Processes, name: str) -> bool:
    return "ready" in processes.tail(name)


def test_a_started_process_is_running_until_it_is_stopped(processes: Processes) -> None:
    start(processes, "one", SLEEPS)
    assert processes.running() == {"one"}

    assert processes.stop() == 1
    assert (processes.running(), processes.alive(), processes.recorded()) == (set(), [], [])


def test_stopping_twice_is_fine(processes: Processes) -> None:
    start(processes, "one", SLEEPS)
    processes.stop()

    assert processes.stop() == 0


def test_one_that_ignores_term_is_killed(processes: Processes) -> None:
    pid = start(processes, "stubborn", IGNORES_TERM)
    wait_until(lambda: is_ready(processes, "stubborn"))

    assert processes.stop(0.5) == 1
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_child_in_a_group_of_its_own_is_stopped_too(processes: Processes) -> None:
    start(processes, "parent", HAS_CHILD_IN_OWN_GROUP)
    wait_until(lambda: is_ready(processes, "parent") and len(processes.alive()) == 2)

    assert processes.stop() == 2
    assert processes.alive() == []


def test_orphans_of_a_killed_process_are_found_and_stopped(processes: Processes) -> None:
    pid = start(processes, "parent", HAS_CHILD_IN_OWN_GROUP)
    wait_until(lambda: len(processes.alive()) == 2)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(processes.alive()) == 1)

    assert processes.running() == set()
    assert processes.stop() == 1


def test_a_stranger_who_got_a_used_number_is_left_alone(processes: Processes) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", SLEEPS], start_new_session=True)
    try:
        processes.records.mkdir()
        stale = Started("scheduler", stranger.pid, psutil.Process(stranger.pid).create_time() - 1000)
        (processes.records / "scheduler.json").write_text(
            json.dumps({"name": "scheduler", "pid": stale.pid, "at": stale.at})
        )

        assert processes.running() == set()
        assert processes.stop() == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'], ids=["empty", "cut off", "a list", "fields missing"])
def test_a_damaged_record_is_passed_over_and_removed(processes: Processes, text: str) -> None:
    processes.records.mkdir()
    (processes.records / "scheduler.json").write_text(text)

    assert processes.recorded() == []
    assert processes.stop() == 0
    assert list(processes.records.iterdir()) == []


def test_one_that_ended_by_itself_is_told_with_the_end_of_its_log(processes: Processes) -> None:
    start(processes, "scheduler", "print('the port is taken'); raise SystemExit(1)")
    wait_until(lambda: processes.running() == set())

    with pytest.raises(ProcessDied, match=r"scheduler ended by itself(?s:.*)the port is taken"):
        processes.check()


FORKS = f"""
import pathlib, sys
from csp_airflow.local.processes import Processes
folder = pathlib.Path(sys.argv[1])
processes = Processes(records=folder / "run", logs=folder / "logs")
def sleeps():
    {SLEEPS}
for name in sys.argv[2:]:
    processes.fork(name, sleeps)
"""


def test_what_a_launcher_forked_outlives_it_and_is_stopped(processes: Processes, tmp_path: Path) -> None:
    processes.launch([sys.executable, "-c", FORKS, str(tmp_path), "one", "two"], ENVIRONMENT)

    assert processes.running() == {"one", "two"}
    wait_until(lambda: is_ready(processes, "one") and is_ready(processes, "two"))
    assert {os.getsid(each.pid) for each in processes.alive()} == {each.pid for each in processes.recorded()}
    processes.check()
    assert processes.stop() == 2
    assert processes.alive() == []


def test_a_launcher_that_fails_is_told_with_the_end_of_its_log(processes: Processes) -> None:
    with pytest.raises(ProcessDied, match=r"could not be started(?s:.*)no such module"):
        processes.launch([sys.executable, "-c", "raise SystemExit('no such module')"], ENVIRONMENT)


def test_what_a_killed_launcher_left_is_found(processes: Processes, tmp_path: Path) -> None:
    then_hangs = FORKS + "import time; time.sleep(600)"
    pid = processes._start("launcher", [sys.executable, "-c", then_hangs, str(tmp_path), "one"], ENVIRONMENT).pid
    wait_until(lambda: is_ready(processes, "one"))
    os.kill(pid, signal.SIGKILL)

    assert "one" in processes.running()
    processes.stop()
    assert processes.alive() == []
