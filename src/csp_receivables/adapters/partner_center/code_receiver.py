"""Where the browser brings a consent's code: a server on this machine's loopback that takes one answer and ends.

msal's own receiver listens on every address inside a container, and looks at its clock once a second.
"""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

BODY_MAX = 64 * 1024  # bytes; a code has some two thousand
_DONE = "Thank you. Close this window and go back to the command line."
_NOT_OURS = "This answer belongs to no consent that is asked for here."


class CodeReceiver:
    """To be used in a `with`. `port` 0: any that is free. Raises OSError where the port is taken."""

    def __init__(self, port: int) -> None:
        self._state = ""
        self._answer: dict[str, str] = {}
        self._came = threading.Event()
        self._server = HTTPServer(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> CodeReceiver:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        """The redirect address, as the app registration must name it."""
        return f"http://localhost:{self._server.server_port}"

    def wait(self, state: str, patience: timedelta) -> dict[str, str]:
        """The answer to the question of this `state`. Raises TimeoutError."""
        self._state = state
        if not self._came.wait(patience.total_seconds()):
            raise TimeoutError(f"nobody consented within {patience}")
        return self._answer

    def take(self, answer: dict[str, str]) -> bool:
        """Is it the answer that is waited for? A stranger's is left aside."""
        if not self._state or not secrets.compare_digest(answer.get("state", "").encode(), self._state.encode()):
            return False
        self._answer = answer
        self._came.set()
        return True


def _handler(receiver: CodeReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # seconds; one that says nothing must not keep the next from coming

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            size = int(length) if length.isascii() and length.isdigit() else 0
            body = self.rfile.read(size) if size <= BODY_MAX else b""
            fields = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
            self._say(*(200, _DONE) if receiver.take(fields) else (400, _NOT_OURS))

        def do_GET(self) -> None:
            self._say(404, _NOT_OURS)

        def _say(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: a line of it could hold the code."""

    return Handler
