"""Work in a process that dies by `kill -9` wherever a test wants: a fork of the test's, so that it imports nothing.

It shares no connection with the test: SQLite's locks, and PostgreSQL's conversations, belong to one process.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, NoReturn

from csp_receivables.adapters.ledger import Ledger

KILLED = "killed"
NEVER = 0

# Each transaction begins and ends in these.
TRANSACTIONS = (Ledger.writing.__wrapped__, Ledger.writing_schema.__wrapped__)  # type: ignore[attr-defined]


def forked(work: Callable[[], Any], *ledgers: Ledger) -> Any:
    """What the work answers in a process of its own; KILLED if that was. The connections of `ledgers` are closed."""
    for ledger in ledgers:
        ledger.engine.dispose()
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        _answer(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        told = said.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return KILLED
    answer, broken = pickle.loads(told)
    assert not broken, broken
    return answer


def _answer(work: Callable[[], Any], into: int) -> NoReturn:
    gc.freeze()  # a collection would touch, and so copy, everything that the test's process has in memory
    try:
        try:
            said = (work(), "")
        except BaseException:
            said = (None, traceback.format_exc())
        with os.fdopen(into, "wb") as answer:
            pickle.dump(said, answer)
    finally:
        os._exit(0)


def die(*_: Any, **__: Any) -> NoReturn:
    """What a fork does in the place of the step that it is not to do any more."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody lives to see this")


@contextmanager
def dying_at(line: int, functions: Iterable[Callable[..., Any]]) -> Iterator[Callable[[], int]]:
    """Within, the process dies before the `line`-th line of these functions. Yields what counts the lines so far."""
    watched: set[CodeType] = {each.__code__ for each in functions}
    gone = 0

    def at_line(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal gone
        if event == "line":
            gone += 1
            if gone == line:
                die()
        return at_line

    sys.settrace(lambda frame, _event, _argument: at_line if frame.f_code in watched else None)
    try:
        yield lambda: gone
    finally:
        sys.settrace(None)
