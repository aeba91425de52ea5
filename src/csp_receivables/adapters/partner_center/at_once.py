"""Downloads some at a time: as many as Microsoft's manners allow connections (microsoft.md 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from csp_receivables.adapters.partner_center.connection import CONNECTIONS_MAX


def some_at_once(tasks: Iterable[Callable[[], object]]) -> None:
    """Run all of them. Raises what the first that failed raised, when those under way are done and no other begins."""
    with ThreadPoolExecutor(CONNECTIONS_MAX) as pool:
        running = [pool.submit(task) for task in tasks]
        try:
            for each in running:
                each.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
