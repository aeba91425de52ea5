"""A person with a browser, for tests: opens the address that a consent shows, and lets the page go back."""

from __future__ import annotations

import re
from html import unescape

import httpx

_ADDRESS = re.compile(r"https?://\S+/authorize\?\S+")
_TARGET = re.compile(r'action="([^"]+)"')
_FIELD = re.compile(r'name="([^"]+)" value="([^"]*)"')


def address_in(text: str) -> str:
    """The address to open; "" while it is not shown yet."""
    found = _ADDRESS.search(text)
    return found[0] if found else ""


def page_of(address: str) -> tuple[str, dict[str, str]]:
    """Where the page's form goes, and its fields."""
    page = httpx.get(address, timeout=10).raise_for_status().text
    target = _TARGET.search(page)
    assert target, page
    return unescape(target[1]), {name: unescape(value) for name, value in _FIELD.findall(page)}


def consents(address: str) -> httpx.Response:
    """Open the page and go on; the answer of who asked."""
    where, fields = page_of(address)
    return httpx.post(where, data=fields, timeout=10)
