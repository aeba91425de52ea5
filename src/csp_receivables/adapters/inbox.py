"""The inbox on disk: files are taken when they have stopped growing, then archived by digest or set aside.

Every move is a rename (or a copy made whole before it gets its name), so a crash leaves each file in one place or the
other. Nothing outside the inbox is followed or touched.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from csp_receivables.domain.arrivals import is_ignored, is_sidecar, reason_text, sidecars_of
from csp_receivables.domain.imports import FileReport
from csp_receivables.ports import Arrival

NAME_BYTES_MAX = 255  # what the usual file systems allow
DIGEST_SHOWN = 12  # hexadecimal digits: 48 bits tell the files of one month apart
SAME_NAMES_MAX = 1_000  # set aside under one name: far more than a person leaves lying
_BYTES_PER_COPY = 1 << 20

Look = tuple[int, int, int]  # size, time of last change in ns, inode


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderInbox:
    """`inbox/<purpose>` under a home, its `archive` and its `set_aside`."""

    home: Path
    pause: Callable[[], None]  # the wait between two looks
    month: Callable[[], str]  # "2026-11": where what is archived now goes

    def ready(self, purpose: str) -> Sequence[Arrival]:
        """The files that looked the same twice, by name; those with a sidecar that still grows wait with it."""
        folder = self.home / "inbox" / purpose
        before = _look(folder)
        if not before:
            return ()
        self.pause()
        after = _look(folder)
        settled = {name for name, look in after.items() if before.get(name) == look}
        arrivals = []
        for name in sorted(settled):
            sidecars = sidecars_of(name, after)
            if not is_sidecar(name) and settled.issuperset(sidecars):
                arrivals.append(_arrival(folder / name, tuple(folder / sidecar for sidecar in sidecars)))
        return arrivals

    def is_unchanged(self, arrival: Arrival) -> bool:
        """Does the file still hold the bytes that were imported?"""
        try:
            return _digest(arrival.path) == arrival.digest
        except OSError:
            return False

    def archive(self, purpose: str, arrival: Arrival) -> None:
        """Put the file and its sidecars into the archive; the file last, so that a crash loses no sidecar."""
        folder = _private_folder(self.home, "archive", purpose, self.month())
        for path in (*self._free_sidecars(arrival), arrival.path):
            digest = _digest(path)
            target = folder / _short(f"{digest[:DIGEST_SHOWN]}-", path.name)
            if target.exists() and _digest(target) != digest:
                target = folder / _short(f"{digest}-", path.name)
            _move(path, target)

    def set_aside(self, purpose: str, arrival: Arrival, report: FileReport) -> None:
        """Put the file and its sidecars aside, with `<name>.reason.txt` beside it; the reason first."""
        folder = _private_folder(self.home, "set_aside", purpose)
        name = self._free_name(folder, arrival)
        _write_whole(folder / _short("", name, ".reason.txt"), reason_text(report, purpose).encode())
        for sidecar in self._free_sidecars(arrival):
            _move(sidecar, folder / sidecar.name)
        _move(arrival.path, folder / name)

    def _free_sidecars(self, arrival: Arrival) -> Iterator[Path]:
        """The sidecars that no other file in the folder still needs."""
        names = [path.name for path in arrival.path.parent.iterdir() if path != arrival.path]
        for sidecar in arrival.sidecars:
            if sidecar.exists() and not any(sidecars_of(name, [sidecar.name]) for name in names):
                yield sidecar

    @staticmethod
    def _free_name(folder: Path, arrival: Arrival) -> str:
        """The file's own name, unless something else that was set aside has it."""
        name = arrival.path.name
        names = (name, *(_short(f"{number}-", name) for number in range(2, SAME_NAMES_MAX)))
        for candidate in names:
            taken = folder / candidate
            is_file = taken.is_file() and not taken.is_symlink()
            if not os.path.lexists(taken) or (is_file and arrival.digest and _digest(taken) == arrival.digest):
                return candidate
        raise FileExistsError(f"{SAME_NAMES_MAX} files named {name} lie in set_aside; clear it up")


def _look(folder: Path) -> Mapping[str, Look]:
    looks = {}
    for entry in os.scandir(folder):
        if is_ignored(entry.name):
            continue
        try:
            found = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # it was taken away while we looked
            continue
        looks[entry.name] = (found.st_size, found.st_mtime_ns, found.st_ino)
    return looks


def _arrival(path: Path, sidecars: tuple[Path, ...]) -> Arrival:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return Arrival(
            path=path, refusal="a symbolic link, which is never followed", remedy="Copy the file itself here"
        )
    if stat.S_ISDIR(mode):
        remedy = "Put the files themselves into the inbox folder"
        return Arrival(path=path, refusal="a folder", remedy=remedy, stays=True)
    if not stat.S_ISREG(mode):
        return Arrival(path=path, refusal="no regular file (a pipe or a device)", remedy="Copy a file here")
    if linked := next((sidecar for sidecar in sidecars if not sidecar.is_file() or sidecar.is_symlink()), None):
        return Arrival(
            path=path, refusal=f"its sidecar {linked.name} is no regular file", remedy="Copy both files here"
        )
    try:
        return Arrival(path=path, digest=_digest(path), sidecars=sidecars)
    except OSError as error:
        remedy = "Make it readable for the user that runs csp, and put it here again"
        return Arrival(path=path, refusal=f"it can't be read: {error.strerror}", remedy=remedy)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _private_folder(home: Path, *parts: str) -> Path:
    folder = home
    for part in parts:
        folder /= part
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _short(before: str, name: str, after: str = "") -> str:
    """`before` + name + `after` within what a file system allows; a long name loses its beginning, not its ending."""
    room = NAME_BYTES_MAX - len(before.encode()) - len(after.encode())
    return before + os.fsencode(name)[-room:].decode(errors="ignore") + after


def _move(source: Path, target: Path) -> None:
    """Rename, readable by its owner only; where that can't be (another disk, another owner), copy whole and remove."""
    if source.is_symlink() or not source.is_file():
        source.replace(target)
        return
    try:
        source.chmod(0o600)
        source.replace(target)
    except OSError:
        _copy(source, target)
        source.unlink()


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        _write_whole(target, iter(lambda: file.read(_BYTES_PER_COPY), b""))


def _write_whole(target: Path, content: bytes | Iterator[bytes]) -> None:
    """Write beside the target, make it last, then give it its name: a crash leaves no half file under that name."""
    with NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".tmp", delete=False) as file:
        try:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(target)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
