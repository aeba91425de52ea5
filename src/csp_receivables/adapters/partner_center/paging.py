"""Collections page by page (microsoft.md 1.4). Of a link only the token is used: links have typos, or lead astray."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

from csp_receivables.adapters.partner_center.answers import Record, unreadable
from csp_receivables.adapters.partner_center.session import Session

log = logging.getLogger(__name__)

CONTINUATION = "MS-ContinuationToken"  # a header
_OF_PAGING = {"seekoperation", "offset", "size"}


def items(session: Session, path: str, query: Mapping[str, str] | None = None) -> Iterator[Record]:
    """Every item of a collection with continuation tokens. Raises MicrosoftRefused, also for a list in circles."""
    for page in seek(session, path, query or {}):
        yield from page.records("items")


def seek(session: Session, path: str, query: Mapping[str, str]) -> Iterator[Record]:
    """The pages of a collection with continuation tokens; the token goes back as it came, in a header."""
    token, seen = "", set[str]()
    while True:
        headers = {CONTINUATION: token} if token else {}
        page = session.get(path, {**query, "seekOperation": "Next"} if token else query, headers)
        yield page
        if "next" not in page.record("links"):
            return
        token = _token(page)
        if token in seen:
            raise unreadable(page.where, "a next page that was there before")
        seen.add(token)
        _compare(page.record("links").record("next").text("uri"), path, query)


def by_offset(session: Session, path: str, query: Mapping[str, str], size: int) -> Iterator[Record]:
    """The pages of a collection that is counted through, until one is empty or plainly the last."""
    offset, last = 0, None
    while True:
        page = session.get(path, {**query, "size": str(size), "offset": str(offset)})
        found = page.value("items")
        if not found:
            return
        if found == last:
            raise unreadable(page.where, "the same page again")
        yield page
        count, last = len(found), found
        if count < size and "next" not in page.record("links"):
            return
        offset += count


def _token(page: Record) -> str:
    link = page.record("links").record("next")
    headers = {each.text("key").casefold(): each.text("value") for each in link.records("headers")}
    token = headers.get(CONTINUATION.casefold()) or page.text("continuationToken")
    if not token:
        raise unreadable(page.where, "a next page without the token that opens it")
    return token


def _compare(link: str, path: str, query: Mapping[str, str]) -> None:
    """Tell when Microsoft's next link asks for something else than we do: a sign that the way of asking changed."""
    parts = urlsplit(link.replace("?seekOperation", "&seekOperation"))
    theirs = {key.casefold(): value.casefold() for key, value in parse_qsl(parts.query)}
    ours = {key.casefold(): value.casefold() for key, value in query.items()}
    shared = theirs.keys() & ours.keys() - _OF_PAGING
    differs = sorted(key for key in shared if theirs[key] != ours[key])  # a misspelt key is one of their typos
    if differs or not parts.path.endswith(path.removeprefix("/v1").partition("/lineitems")[0]):
        log.warning("GET %s: the next link differs in %s; our own was followed", path, ", ".join(differs) or "its path")
