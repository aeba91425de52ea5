"""Downloads run some at a time, never more than agreed, and stop at the first that fails."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from csp_receivables.adapters.partner_center.at_once import AT_ONCE, some_at_once


def test_as_many_run_at_once_as_may() -> None:
    together = threading.Barrier(AT_ONCE, timeout=10)  # opens only when so many are there
    lock, inside, most = threading.Lock(), 0, 0

    def task() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        together.wait()
        with lock:
            inside -= 1

    some_at_once([task] * (2 * AT_ONCE))

    assert most == AT_ONCE


def test_the_first_failure_is_raised_and_no_other_task_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    cancelled = threading.Event()
    shutdown = ThreadPoolExecutor.shutdown

    def told(pool: ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False) -> None:
        shutdown(pool, wait=False, cancel_futures=cancel_futures)
        cancelled.set()
        shutdown(pool, wait=wait)

    def task(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise ValueError("the first")
        assert cancelled.wait(10)

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", told)
    with pytest.raises(ValueError, match="the first"):
        some_at_once(partial(task, number) for number in range(100))

    assert len(begun) <= AT_ONCE + 1  # those under way, and the one in place of the first


def test_nothing_to_do_is_done() -> None:
    some_at_once([])
