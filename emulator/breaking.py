"""Applies faults around the whole server, writes its log, and repeats the first answer to a retried call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.clock import stamp
from emulator.faults import SILENT
from emulator.request_log import Entry
from emulator.state import World

CloseConnection = Callable[[Any], None]  # takes the address of the peer
_INSTEAD = {"throttled": 429, "error_500": 500, "error_502": 502, "error_503": 503, "error_504": 504}
_PAGE = (
    b"<html><head><title>Service unavailable</title></head><body><h1>Our services aren't available</h1></body></html>"
)


class Breaking:
    """ASGI middleware. `close` cuts the connection of a peer without a word."""

    def __init__(self, app: ASGIApp, close: CloseConnection) -> None:
        self._app, self._close = app, close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_emulator"):
            await self._app(scope, receive, send)
            return
        world: World = scope["app"].state.world
        path = scope["path"].replace("//", "/")
        world.clock.advance(world.behaviour.seconds_per_request)
        headers = {key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]}
        number = world.next_number("request")
        entry = Entry(
            number=number,
            at=stamp(world.clock.now),
            method=scope["method"],
            path=path,
            request_id=headers.get("ms-requestid", headers.get("client-request-id", "")),
            bearer="authorization" in headers,
            fault=world.faults.strike(number, _place(path), scope["method"], path),
        )
        world.log.entries.append(entry)
        scope = {**scope, "path": path, "raw_path": path.encode(), "emulator.entry": entry,
                 "emulator.fault": entry.fault}  # fmt: skip
        await self._answer(entry, scope, receive, _dated(world, entry, send))

    async def _answer(self, entry: Entry, scope: Scope, receive: Receive, send: Send) -> None:
        fault = entry.fault
        if fault == "closed_before":
            await _read(receive)
            await self._cut(scope, receive)
        elif fault in SILENT:
            if fault == "silent_after":
                await self._app(scope, receive, _nowhere)
            await _gone(receive)
        elif fault in _INSTEAD:
            await _send(send, _INSTEAD[fault], *_broken(scope["app"].state.world, entry))
        elif fault == "html_502":
            await _send(send, 502, _PAGE, {"content-type": "text/html"})
        elif fault in ("closed_after", "html_200", "empty_body"):
            await self._app(scope, receive, _nowhere)
            if fault == "closed_after":
                await self._cut(scope, receive)
            else:
                kind = "text/html" if fault == "html_200" else "application/json"
                await _send(send, 200, _PAGE if fault == "html_200" else b"", {"content-type": kind})
        elif fault == "slow_body":
            await self._app(scope, receive, _slowly(send, scope["app"].state.world.behaviour.slow_pauses))
        elif fault == "truncated":
            await self._app(scope, receive, self._truncating(scope, send))
        else:
            await self._app(scope, receive, send)

    async def _cut(self, scope: Scope, receive: Receive) -> None:
        """Close the connection; without a server there is none, and the caller gets the error itself."""
        self._close(scope.get("client"))
        await _gone(receive)

    def _truncating(self, scope: Scope, send: Send) -> Send:
        """Half of the body under the whole's Content-Length, and then the end of the connection."""
        left, is_closed = 0, False

        async def cut(message: Message) -> None:
            nonlocal left, is_closed
            if message["type"] == "http.response.start":
                sizes = [int(value) for key, value in message["headers"] if key == b"content-length"]
                left = (sizes[0] if sizes else 0) // 2
                await send(message)
                return
            body = message.get("body", b"")[:left]
            left -= len(body)
            if body:
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if not left and not is_closed:
                is_closed = True
                self._close(scope.get("client"))

        return cut


def _broken(world: World, entry: Entry) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a gateway's own answers; throttling has another shape at each door."""
    status, place = _INSTEAD[entry.fault], _place(entry.path)
    phrase = HTTPStatus(status).phrase
    headers = {"content-type": "application/json"}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["retry-after"] = str(world.behaviour.throttle_seconds)
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = "1"
    if place == "graph":
        ids = {"request-id": f"00000000-0000-4000-8000-{entry.number:012d}", "client-request-id": entry.request_id}
        inner = {"date": f"{world.clock.now:%Y-%m-%dT%H:%M:%S}", **ids}
        error = {"code": phrase.replace(" ", ""), "message": phrase, "innerError": inner}
        return json.dumps({"error": error}).encode(), headers
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        said = f"Rate limit is exceeded. Try again in {world.behaviour.throttle_seconds} seconds."
        return json.dumps({"statusCode": 429, "message": said}).encode(), headers
    if place == "blob":
        text = f"<?xml version='1.0'?><Error><Code>ServerBusy</Code><Message>{phrase}</Message></Error>"
        return text.encode(), headers | {"content-type": "application/xml"}
    body = {"code": 800003, "description": phrase, "data": [], "source": "PartnerFD"}
    return f"\ufeff{json.dumps(body)}".encode(), headers


def _place(path: str) -> str:
    if path.startswith("/v1.0/"):
        return "graph"
    if path.startswith("/v1/"):
        return "partner_center"
    return "blob" if path.startswith("/blobs/") else "sign_in"


def _dated(world: World, entry: Entry, send: Send) -> Send:
    """Notes the status, and dates the answer by the emulator's clock."""

    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            entry.status = message["status"]
            date = format_datetime(world.clock.now, usegmt=True).encode()
            message = {**message, "headers": [*message.get("headers", ()), (b"date", date)]}
        await send(message)

    return dated


def _slowly(send: Send, pauses: tuple[float, ...]) -> Send:
    is_over = False

    async def slow(message: Message) -> None:
        nonlocal is_over
        body = message.get("body", b"")
        if is_over or message["type"] != "http.response.body" or len(body) <= len(pauses):
            await send(message)
            return
        is_over = True
        size = len(body) // (len(pauses) + 1) + 1
        for place, pause in enumerate(pauses):
            await send({"type": "http.response.body", "body": body[place * size :][:size], "more_body": True})
            await asyncio.sleep(pause)
        await send({**message, "body": body[len(pauses) * size :]})

    return slow


async def _read(receive: Receive) -> None:
    """Take the request's body: unread, it would make the end of the connection a reset."""
    while (await receive()).get("more_body"):
        pass


async def _gone(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nowhere(message: Message) -> None:
    """The answer that nobody gets."""


async def _send(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    raw = [(key.encode(), value.encode()) for key, value in (headers | {"content-length": str(len(body))}).items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
