"""Ports for servers that tests start on this machine: free, and nobody else's for as long as this process lives."""

from __future__ import annotations

import fcntl
import os
import random
import tempfile
from pathlib import Path
from typing import TextIO

from csp_airflow.local.environment import PORTS_APART, port_is_free

# Below the ports that the kernel hands out: an outgoing connection of anybody may get one of those at any moment.
PORTS = range(10_000, 32_000 - PORTS_APART)
_HELD: list[TextIO] = []  # open, and so locked, until this process ends


def free_port() -> int:
    """A port of the loopback that nothing listens on, and that no other test is given."""
    return _free(0)


def free_airflow_port() -> int:
    """A port for Airflow, with that of the emulator beside it."""
    return _free(0, PORTS_APART)


def _free(*apart: int) -> int:
    # Not the generator that hypothesis seeds: all workers would try the same ports in the same order.
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        if all(_reserve(port + each) and port_is_free(port + each) for each in apart):
            return port
    raise OSError(f"no port from {PORTS.start} to {PORTS.stop} is free")


def _reserve(port: int) -> bool:
    """Take this port out of what other processes of the tests are given."""
    folder = Path(tempfile.gettempdir()) / f"csp-ports-of-tests-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = (folder / str(port)).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    _HELD.append(file)
    return True
