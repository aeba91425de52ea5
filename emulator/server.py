"""The emulator as a server: an application over one world, on a thread of its own when a test starts it."""

from __future__ import annotations

import asyncio
import socket
from threading import Thread
from types import TracebackType
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from emulator import (
    admin,
    audit,
    authorize,
    azure,
    blobs,
    customers,
    graph,
    invoices,
    line_items,
    security,
    service_requests,
    sign_in,
    subscription_changes,
)
from emulator.answers import Refusal, refuse
from emulator.breaking import Breaking
from emulator.repeating import Repeating
from emulator.state import World

_PARTNER_CENTER = (invoices, line_items, customers, subscription_changes, azure, service_requests, audit, security)
_ROUTERS = (*_PARTNER_CENTER, graph, blobs, admin, authorize, sign_in)  # the last two take any tenant


class Connections:
    """Open connections by the peer's address, so that a fault can cut one without a word."""

    def __init__(self) -> None:
        self._open: dict[Any, asyncio.Transport] = {}

    def opened(self, peer: Any, transport: asyncio.Transport) -> None:
        self._open[peer] = transport

    def closed(self, peer: Any) -> None:
        self._open.pop(peer, None)

    def cut(self, peer: Any) -> None:
        """Send what was written, and close. Raises ConnectionResetError where no server holds the connection."""
        transport = self._open.get(tuple(peer or ()))
        if transport is None:
            raise ConnectionResetError("the emulator closed the connection")
        transport.close()


def create_app(world: World, connections: Connections | None = None) -> FastAPI:
    """The application. Under a server that doesn't tell its connections, a cut shows as ConnectionResetError."""
    app = FastAPI(title="Emulator of Partner Center and Graph billing", openapi_url=None)
    app.state.world = world
    for module in _ROUTERS:
        app.include_router(module.router)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_middleware(Repeating)  # within
    app.add_middleware(Breaking, close=(connections or Connections()).cut)
    return app


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return refuse(request, refusal)


async def _unknown(request: Request, error: Exception) -> Response:
    """An address or method that isn't there."""
    assert isinstance(error, HTTPException)
    return refuse(request, Refusal(error.status_code, str(error.status_code), str(error.detail)))


class Emulator:
    """A running emulator: `with Emulator(world) as emulator:`, its address is `emulator.url`."""

    def __init__(self, world: World, port: int = 0) -> None:
        connections = Connections()
        self._app = create_app(world, connections)
        self._listening = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._server = uvicorn.Server(_config(self._app, connections))
        self._thread = Thread(target=self.serve, name="emulator", daemon=True)

    @property
    def world(self) -> World:
        """What is served; another one can be set at any time between requests."""
        served: World = self._app.state.world
        return served

    @world.setter
    def world(self, world: World) -> None:
        self._app.state.world = world

    def serve(self) -> None:
        """Serve until stopped; returns then."""
        self._server.run(sockets=[self._listening])

    def start(self) -> Emulator:
        """Serve on a thread. Calls that come before it is up wait in the socket."""
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self._listening.close()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _config(app: FastAPI, connections: Connections) -> uvicorn.Config:
    class Cuttable(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            connections.opened(transport.get_extra_info("peername"), transport)
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.closed(self.transport.get_extra_info("peername"))
            super().connection_lost(exc)

    return uvicorn.Config(
        app,
        http=Cuttable,
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
