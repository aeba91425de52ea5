"""Packed inputs: what an archive holds, as far as it is worth looking at."""

from __future__ import annotations

import zlib

UNPACKED_MAX = 1 << 20  # bytes; a mutated archive is not to spend the minutes on unpacking zeros


def unpack(data: bytes) -> bytes | None:
    """What the archive holds; None when it is broken or holds more than a megabyte."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        content = unpacking.decompress(data, UNPACKED_MAX)
    except zlib.error:
        return None
    return content if unpacking.eof else None


def is_large(data: bytes) -> bool:
    """Does the archive hold more than is worth looking at?"""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        unpacking.decompress(data, UNPACKED_MAX)
    except zlib.error:
        return False
    return bool(unpacking.unconsumed_tail)
