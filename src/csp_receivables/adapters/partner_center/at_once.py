"""Downloads some at a time, so that with two tasks at work no more than four come at once (microsoft.md 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 2


def some_at_once(tasks: Iterable[Callable[[], object]]) -> None:
    """Run all of them. Raises what the first that failed raised, when those under way are done and no other begins."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = [pool.submit(task) for task in tasks]
        try:
            for each in running:
                each.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
