"""The emulator's clock: set and moved from outside. The emulator never reads the machine's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(slots=True)
class Clock:
    """A moment in UTC that stands still until somebody moves it."""

    now: datetime

    def __post_init__(self) -> None:
        self.set(self.now)

    def set(self, moment: datetime) -> None:
        """Stand at `moment`; one without a zone is taken as UTC."""
        self.now = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Move on. Raises ValueError when asked to go back: use `set`."""
        if seconds < 0:
            raise ValueError(f"a clock advances by no fewer than 0 seconds, not {seconds}")
        self.now += timedelta(seconds=seconds)


def stamp(moment: datetime, *, zone: bool = True) -> str:
    """As Microsoft prints it: `2026-10-07T04:12:09.183Z`, or without the `Z` as it sometimes does."""
    text = f"{moment:%Y-%m-%dT%H:%M:%S}"
    fraction = f".{moment.microsecond // 1000:03d}" if moment.microsecond else ""
    return f"{text}{fraction}{'Z' if zone else ''}"


def moment(text: str) -> datetime:
    """Any of Microsoft's forms: with `Z`, offset or no zone, a date alone, up to seven decimals of a second."""
    head, dot, tail = text.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = f"{head}.{tail[: min(digits, 6)].ljust(6, '0')}{tail[digits:]}"
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
