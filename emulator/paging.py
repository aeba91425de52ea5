"""Seek paging: a page, and a token for the next one that only the same collection takes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

from fastapi import Request

from emulator.answers import Refusal, lowered

SIZE_MAX = 2000
Item = TypeVar("Item")


def size_asked(request: Request) -> int:
    """The page's size. Raises Refusal when it isn't 1..2000."""
    text = lowered(request).get("size", str(SIZE_MAX))
    if not text.isdigit() or not 1 <= int(text) <= SIZE_MAX:
        raise Refusal(400, 3000, f"size must lie in 1..{SIZE_MAX}, not {text}.")
    return int(text)


def whole(query: dict[str, str], name: str) -> int:
    """A whole number of the query, 0 when it is missing or empty (Microsoft's own link says `offset=`)."""
    text = query.get(name, "") or "0"
    if not text.isdigit():
        raise Refusal(400, 3000, f"{name} must be a whole number, not {text}.")
    return int(text)


def seek(request: Request, items: Iterable[Item], size: int, of: str) -> tuple[list[Item], str]:
    """The page that the request's token leads to, and the token of the next; empty: this is the last.

    `of` names the collection. Raises Refusal for a token of another.
    """
    first = 0
    if lowered(request).get("seekoperation", "").lower() == "next":
        first = _place(request.headers.get("MS-ContinuationToken", ""), of)
    page = list(islice(items, first, first + size + 1))
    return page[:size], _token(first + size, of) if len(page) > size else ""


def _token(place: int, of: str) -> str:
    """With the commas, slashes and equal signs that Microsoft's have: to be sent back verbatim."""
    return f"{_name(of)},{place}_a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=,0d81c700-98b4-4b13-9129-ffd5620f72e7"


def _place(token: str, of: str) -> int:
    name, _, rest = token.partition(",")
    place = rest.partition("_")[0]
    if name != _name(of) or token != _token(int(place) if place.isdigit() else -1, of):
        raise Refusal(400, 3000, "The continuation token is missing, or is not one of this collection.")
    return int(place)


def _name(of: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, of))
