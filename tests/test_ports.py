"""Whoever is given a port can listen on it, however many others look for one at the same time."""

from __future__ import annotations

import random
import socket
from pathlib import Path

import pytest

from csp_airflow.local.environment import PORTS_APART
from tests import ports
from tests.forks import forked
from tests.ports import free_airflow_port, free_port


class _Told:
    """Chance that takes what comes first."""

    def sample(self, population: range, k: int) -> list[int]:
        return list(population[:k])


@pytest.fixture
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports are tried from the first to the last."""
    monkeypatch.setattr(random, "SystemRandom", _Told)


def test_no_port_is_one_that_the_kernel_may_give_to_any_connection_meanwhile() -> None:
    known = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(known.read_text().split()[0]) if known.exists() else 32_768
    assert ports.PORTS.stop + PORTS_APART <= lowest


@pytest.mark.usefixtures("in_order")
def test_two_processes_are_never_given_the_same_port() -> None:
    ours = free_port()
    assert forked(free_port) != ours


@pytest.mark.usefixtures("in_order")
def test_a_port_that_something_listens_on_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        ports._HELD.pop().close()
        assert free_port() != port


@pytest.mark.usefixtures("in_order")
def test_airflow_is_given_no_port_beside_which_the_emulator_finds_its_own_taken() -> None:
    port = free_airflow_port()
    ports._HELD.pop().close(), ports._HELD.pop().close()
    with socket.create_server(("127.0.0.1", port + PORTS_APART)):
        assert free_airflow_port() != port
