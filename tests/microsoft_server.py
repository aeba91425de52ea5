"""A real server on loopback that answers as scripted, and remembers what it was asked. For what the emulator can't do.

It signs everybody in; every other path answers from its script: the last answer of a path stays.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from csp_receivables.adapters.partner_center.manners import Manners
from csp_receivables.microsoft_settings import Identity, cloud_named

TENANT = "11111111-2222-3333-4444-555555555555"
SECRET = "S3cr3t~app-secret-value"
BREAK = b"\0break\0"  # as a body: the connection ends without an answer


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes


@dataclass
class Answer:
    """What to say. `cut`: how many bytes of the body come before the connection ends."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


def as_json(node: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer with the BOM that Microsoft's have."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, b"\xef\xbb\xbf" + json.dumps(node).encode(), {"Content-Type": "application/json"} | named)


def _plain(node: Any) -> Answer:
    """The sign-in's JSON has no BOM."""
    return Answer(200, json.dumps(node).encode(), {"Content-Type": "application/json"})


class Scripted:
    """The script and the record of one server."""

    def __init__(self) -> None:
        self.base = ""
        self.asked: list[Asked] = []
        self._script: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        self.tokens = 0

    def says(self, method: str, path: str, *answers: Answer) -> None:
        """Answer `method path` with these, one after the other; the last one for ever."""
        self._script[method, path] = list(answers)

    def to(self, path: str) -> list[Asked]:
        """The requests that came for a path."""
        return [each for each in self.asked if each.path == path]

    def answer(self, asked: Asked) -> Answer:
        """The next answer of the script."""
        self.asked.append(asked)
        script = self._script.get((asked.method, asked.path))
        if script:
            return script.pop(0) if len(script) > 1 else script[0]
        if asked.path.endswith("/.well-known/openid-configuration"):
            at = f"{self.base}/{TENANT}"
            return _plain({"token_endpoint": f"{at}/oauth2/v2.0/token", "authorization_endpoint": f"{at}/authorize"})
        if asked.path.endswith("/oauth2/v2.0/token"):
            self.tokens += 1
            return _plain({"token_type": "Bearer", "expires_in": 3599, "access_token": f"access-{self.tokens}"})
        return as_json({"code": 404, "description": f"nothing scripted for {asked.method} {asked.path}"}, 404)


@contextmanager
def microsoft() -> Iterator[Scripted]:
    """A running server."""
    script = Scripted()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script))
    script.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def identity(base: str, **changes: Any) -> Identity:
    """Who the tests are."""
    usual = {
        "name": "partner_center_reader",
        "tenant_id": TENANT,
        "client_id": "app",
        "cloud": cloud_named("test", "global", base),
        "secret": SECRET,
    }
    return Identity(**(usual | changes))


class Waiting:
    """Time that passes only by being slept through. `pauses`: how long each sleep was."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.now = datetime(2026, 11, 10, 6, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)

    def _elapsed(self) -> float:
        return self.now.timestamp()

    @property
    def manners(self) -> Manners:
        """Manners in this time, with a chance of one half."""
        return Manners(clock=lambda: self.now, elapsed=self._elapsed, sleep=self.sleep, chance=lambda: 0.5)


def _handler(script: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _all(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._say(script.answer(Asked(self.command, parts.path, query, headers, body)))

        def _say(self, answer: Answer) -> None:
            if answer.body == BREAK:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
            self.close_connection = self.close_connection or answer.cut is not None

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _all

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    return Handler
