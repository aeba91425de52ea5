"""A mistake on purpose, behind four bytes that nobody finds by chance: proof that coverage guides the search."""

from __future__ import annotations


def planted(data: bytes) -> None:
    """Raises KeyError for what begins with `:61:`."""
    if data[:1] == b":" and data[1:2] == b"6" and data[2:3] == b"1" and data[3:4] == b":":
        raise KeyError("planted")
