"""What was asked and answered, for tests: every request, and every effect one had."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request. `status` 0: the connection was closed without an answer."""

    number: int
    at: str
    method: str
    path: str
    request_id: str
    bearer: bool
    status: int = 0
    fault: str = ""
    effect: str = ""  # what it changed, in words; empty: nothing
    replayed: bool = False  # the first answer to the same MS-RequestId was given again


@dataclass(slots=True)
class RequestLog:
    """In the order of arrival."""

    entries: list[Entry] = field(default_factory=list)

    def effects(self) -> int:
        """How many requests changed something."""
        return sum(bool(each.effect) for each in self.entries)
