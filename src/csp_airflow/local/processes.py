"""Airflow's processes, and the emulator beside a demonstration.

Each is in a session of its own, found again whatever became of their parent, and stopped.

A process group is not enough to find them by: each task puts itself into a group of its own. The session stays.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

LAUNCHER = "launcher"
SECONDS_TO_END = 15.0  # a task gets this long to end by itself; then it is killed and repeated by the next run
POLL_SECONDS = 0.1
CLOCK_SLACK_SECONDS = 2.0  # the kernel's start times are rounded


class ProcessDied(RuntimeError):
    """One of the processes ended by itself; the message names it and the end of its log."""


@dataclass(frozen=True, slots=True)
class Started:
    """One process that we started. `pid` is also the id of its session; `at` is when it started, seconds since 1970."""

    name: str
    pid: int
    at: float


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes of one home: a file for each in `records`, its output in `logs`."""

    records: Path
    logs: Path

    def launch(self, command: Iterable[str], environment: Mapping[str, str]) -> None:
        """Run a command that forks processes by `fork` and then ends. Raises ProcessDied when it fails."""
        if self._start(LAUNCHER, list(command), environment).wait():
            raise ProcessDied(f"Airflow could not be started; the end of the log:\n{self.tail(LAUNCHER)}")
        self._record(LAUNCHER).unlink()

    def fork(self, name: str, run: Callable[[], None]) -> None:
        """Run in a child of this process, in a session of its own and noted down, that ends with it."""
        sys.stdout.flush()
        sys.stderr.flush()
        told, tells = os.pipe()
        if os.fork():
            os.close(tells)
            os.read(told, 1)  # until the child has its session, or is gone
            os.close(told)
            return
        self._note(name, os.getpid())  # before it leaves the session of its parent, by which it is found until then
        os.setsid()
        with self._log(name).open("ab") as log:
            os.dup2(log.fileno(), sys.stdout.fileno())
            os.dup2(log.fileno(), sys.stderr.fileno())
        os.close(told)
        os.close(tells)
        run()
        sys.exit()

    def recorded(self) -> list[Started]:
        """What was started and not yet stopped, as far as we noted; stale notes included."""
        return [found for path in sorted(self.records.glob("*.json")) if (found := _read(path)) is not None]

    def alive(self) -> list[psutil.Process]:
        """Every living process of the recorded sessions: leaders, their children, and orphans of both."""
        sessions = {started.pid: started.at for started in self.recorded()}
        return [process for process in psutil.process_iter() if _is_of(process, sessions)]

    def running(self) -> set[str]:
        """The names of the processes whose leader lives."""
        return {started.name for started in self.recorded() if _leader_lives(started)}

    def tail(self, name: str, lines: int = 30) -> str:
        """The end of what a process wrote."""
        path = self._log(name)
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def check(self) -> None:
        """Raise ProcessDied when a recorded process is gone."""
        for started in self.recorded():
            if not _leader_lives(started):
                raise ProcessDied(f"{started.name} ended by itself; the end of its log:\n{self.tail(started.name)}")

    def stop(self, seconds: float = SECONDS_TO_END) -> int:
        """TERM, wait, KILL what is left, and verify. Returns how many were alive; calling it again does nothing."""
        found = self.alive()
        _signal(found, signal.SIGTERM)
        if not _wait(lambda: not self.alive(), seconds):
            _signal(self.alive(), signal.SIGKILL)
            if not _wait(lambda: not self.alive(), seconds):
                left = ", ".join(str(process.pid) for process in self.alive())
                raise ProcessDied(f"processes {left} outlive SIGKILL; look at them with `ps`, then run this again")
        for path in self.records.glob("*.json"):
            path.unlink(missing_ok=True)
        return len(found)

    def _start(self, name: str, command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        for folder in (self.records, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._log(name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own arguments
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._note(name, process.pid)
        return process

    def _note(self, name: str, pid: int) -> None:
        started = Started(name, pid, psutil.Process(pid).create_time())
        self._record(name).write_text(json.dumps(asdict(started)))

    def _record(self, name: str) -> Path:
        return self.records / f"{name}.json"

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def _read(path: Path) -> Started | None:
    """A record, or None for one that was cut off while it was written."""
    try:
        return Started(**json.loads(path.read_text()))
    except (ValueError, TypeError, FileNotFoundError):
        return None


def _leader_lives(started: Started) -> bool:
    try:
        process = psutil.Process(started.pid)
        same = abs(process.create_time() - started.at) < CLOCK_SLACK_SECONDS
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _is_of(process: psutil.Process, sessions: Mapping[int, float]) -> bool:
    """Is this process of one of our sessions, and no stranger who got a used number again?"""
    try:
        session = os.getsid(process.pid)
        if session not in sessions or process.status() == psutil.STATUS_ZOMBIE:
            return False
        if process.pid == session:
            return bool(abs(process.create_time() - sessions[session]) < CLOCK_SLACK_SECONDS)
        # While one of its members lives the kernel gives a session's number to nobody else.
        return process.create_time() > sessions[session] - CLOCK_SLACK_SECONDS and _leader_is_ours(session, sessions)
    except (psutil.Error, ProcessLookupError, PermissionError):
        return False


def _leader_is_ours(session: int, sessions: Mapping[int, float]) -> bool:
    """Is the session's leader the one we started, or gone?"""
    try:
        return bool(abs(psutil.Process(session).create_time() - sessions[session]) < CLOCK_SLACK_SECONDS)
    except psutil.NoSuchProcess:
        return True


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _wait(done: Callable[[], bool], seconds: float, poll_seconds: float = POLL_SECONDS) -> bool:
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            return False
        time.sleep(poll_seconds)
    return True
