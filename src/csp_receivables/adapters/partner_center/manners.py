"""How often and how long a call that failed is tried again (microsoft.md 6): with a cap, and with jitter.

Clock, sleep and chance are handed in: a test or a simulation waits in no time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from csp_receivables.microsoft_ports import MicrosoftRefused

log = logging.getLogger(__name__)
Result = TypeVar("Result")

READ_SECONDS = 300  # old line items take minutes for their first byte: the commonest failure was a shorter wait
TRIES = 5
SECONDS_IN_ALL = 600
PAUSE_MAX = 300  # seconds: a longer Retry-After is cut to this
FIRST_PAUSE = 2  # seconds; doubled with each try


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """The world's clock and chance, and how long an answer is waited for.

    `elapsed`: seconds that only grow; `chance`: from 0 to 1.
    """

    clock: Callable[[], datetime]
    elapsed: Callable[[], float]  # not money: seconds
    sleep: Callable[[float], None]  # not money: seconds
    chance: Callable[[], float]  # not money: a share
    read_seconds: float = READ_SECONDS  # not money: seconds without a byte


class TryAgain(Exception):
    """An attempt failed in a way that passes. `after`: seconds that the server asks to wait for, or None."""

    def __init__(self, refusal: MicrosoftRefused, after: int | None = None) -> None:
        self.refusal = refusal
        self.after = after
        super().__init__(str(refusal))


def persist(manners: Manners, attempt: Callable[[], Result]) -> Result:
    """Call `attempt` until it no longer raises TryAgain; after the last try its refusal is raised."""
    started = manners.elapsed()

    def enough(state: RetryCallState) -> bool:
        spent = manners.elapsed() - started + state.upcoming_sleep
        return state.attempt_number >= TRIES or spent > SECONDS_IN_ALL

    tries = Retrying(
        retry=retry_if_exception_type(TryAgain),
        wait=lambda state: _pause(manners, state),
        stop=enough,
        sleep=manners.sleep,
        before_sleep=_tell,
        reraise=True,
    )
    try:
        return tries(attempt)
    except TryAgain as last:
        raise last.refusal from last.__cause__


def retry_after(text: str | None, now: datetime) -> int | None:
    """The seconds a Retry-After asks for, given as seconds or as a date; None where it says nothing usable."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(int(text.strip()[:6]), PAUSE_MAX)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(int(seconds) + 1, 0), PAUSE_MAX)


def _pause(manners: Manners, state: RetryCallState) -> float:  # not money: seconds
    failed = state.outcome.exception() if state.outcome else None
    asked = failed.after if isinstance(failed, TryAgain) else None
    if asked is not None:
        return asked + manners.chance()  # not all of us at the same moment
    longest: int = FIRST_PAUSE << (state.attempt_number - 1)
    return longest / 2 + longest / 2 * manners.chance()


def _tell(state: RetryCallState) -> None:
    failed = state.outcome.exception() if state.outcome else None
    log.warning("try %d failed, again in %d s: %s", state.attempt_number, state.upcoming_sleep, failed)
