"""What people write for us is understood once: the same bytes mean the same, however often a process asks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Meaning = TypeVar("Meaning")
KEPT_MAX = 64  # meanings of one reader; a process meets a handful


def read_once(read: Callable[Given, Meaning]) -> Callable[Given, Meaning]:
    """`read`, whose answer is kept while every file and folder among its arguments holds the same bytes.

    For readers of small files whose answer follows from their arguments alone and is a value that nobody changes.
    A refusal is not kept, and neither is what was read while somebody wrote. Arguments must be hashable, or lists.
    """
    kept: dict[object, Meaning] = {}

    @wraps(read)
    def asked(*args: Given.args, **named: Given.kwargs) -> Meaning:
        seen = _seen(args, named)
        if seen not in kept:
            meaning = read(*args, **named)
            if _seen(args, named) != seen:
                return meaning
            if len(kept) >= KEPT_MAX:
                kept.clear()
            kept[seen] = meaning
        return kept[seen]

    return asked


def _seen(args: tuple[Any, ...], named: dict[str, Any]) -> tuple[object, ...]:
    return tuple((name, _said(value)) for name, value in (*enumerate(args), *sorted(named.items())))


def _said(value: Any) -> object:
    if isinstance(value, Path):
        return value, _content(value)
    return tuple(value) if isinstance(value, list) else value


def _content(path: Path) -> str:
    """A digest of the bytes of a file, or of every file in a folder; "" where nothing is."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for each in sorted(path.rglob("*")) if path.is_dir() else ():
        if each.is_file():
            digest.update(f"{each.relative_to(path)}\0{_content(each)}\0".encode())
    return digest.hexdigest() if path.is_dir() else ""
