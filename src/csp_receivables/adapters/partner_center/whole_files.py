"""Files that are at their place only when all of them is there, and on the disk."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

CHUNK = 1024 * 1024
_GZIP = 31  # zlib's number for "gzip with its header and check"


def part_of(into: Path) -> Path:
    """Where a file grows before it is at its place."""
    return into.with_name(f"{into.name}.part")


def put_in_place(part: Path, into: Path) -> None:
    """On the disk first, then under its name, and the name on the disk, too."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(into)
    folder = os.open(into.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def is_whole_gzip(path: Path) -> bool:
    """Whether the file is one or more whole gzip members and nothing else; each member's check is computed."""
    unpacking, ended = zlib.decompressobj(_GZIP), False
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                while chunk:
                    chunk = _unpack(unpacking, chunk)
                    ended = unpacking.eof and not chunk
                    if unpacking.eof:
                        unpacking = zlib.decompressobj(_GZIP)
    except zlib.error:
        return False
    return ended


def _unpack(unpacking: zlib._Decompress, chunk: bytes) -> bytes:
    """Unpack and throw away, a bounded piece at a time; returns what belongs to the next member."""
    is_full = True
    while (chunk or is_full) and not unpacking.eof:
        is_full = len(unpacking.decompress(chunk, CHUNK)) == CHUNK  # then there may be more without further input
        chunk = unpacking.unconsumed_tail
    return unpacking.unused_data
