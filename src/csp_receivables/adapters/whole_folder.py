"""A folder of files that is put in place whole or not at all.

A new one is written beside the old one under a hidden name and takes its place by renaming; what a killed run leaves
behind, the next one clears away. Only the owner may read.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def replace_whole(folder: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a new folder, then put it in the place of `folder`. Call it within `alone`."""
    new, old = _new(folder), _old(folder)
    new.mkdir(mode=0o700)
    write(new)
    _settle(new)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _new(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.new")


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two runs of the same folder take turns; what a killed one left behind is cleared away first."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder.with_name(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _clear_up(folder)
        yield
    finally:
        os.close(lock)


def _clear_up(folder: Path) -> None:
    """What a run that was killed left behind: a half-written issue goes; one that was being replaced comes back."""
    if _old(folder).exists() and not folder.exists():
        _old(folder).rename(folder)
    for left_over in (_old(folder), _new(folder)):
        if left_over.exists():
            shutil.rmtree(left_over)


def _settle(folder: Path) -> None:
    """Owner-only modes whatever the umask, and on the disk before the folder gets its name."""
    for path in sorted(folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
