"""No test reaches outside this machine."""

from __future__ import annotations

import socket

import pytest
from pytest_socket import SocketConnectBlockedError


def test_a_connection_to_anywhere_else_is_refused_before_it_is_made() -> None:
    with socket.socket() as one, pytest.raises(SocketConnectBlockedError):
        one.connect(("192.0.2.1", 443))  # a documentation address: nothing is there


def test_a_connection_to_this_machine_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
