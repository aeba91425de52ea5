"""Which fault strikes which request: asked for by a test, or at random from a seed.

Pure choice; `breaking` applies it. The n-th request of a seed always gets the same fault.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

_ANY = frozenset({"sign_in", "partner_center", "graph", "blob"})
_API = frozenset({"partner_center", "graph"})
_REST = frozenset({"partner_center"})
_GRAPH = frozenset({"graph"})
_BLOB = frozenset({"blob"})
# Each kind with where it can strike, in the order in which a seed draws them. New kinds go to the end.
KINDS: dict[str, frozenset[str]] = {
    "throttled": _ANY,
    "error_500": _ANY,
    "error_502": _ANY,
    "error_503": _ANY,
    "error_504": _ANY,
    "closed_before": _ANY,  # the connection, before the request had its effect
    "closed_after": _ANY,
    "html_200": _API,
    "html_502": _ANY,
    "empty_body": _API,
    "slow_body": _ANY,
    "token_expired": _API,
    "mfa_missing": _REST,
    "no_bom": _REST,
    "bom": _GRAPH,
    "stale_etag": _REST,  # of a subscription's PATCH
    "gone": _GRAPH,  # of an operation or manifest
    "duplicated_blob": _GRAPH,  # in a manifest
    "etag_changed": _GRAPH,  # the data is generated again while its manifest is read
    "truncated": _BLOB,  # fewer bytes than Content-Length
    "gzip_cut": _BLOB,  # Content-Length is right, the gzip is not whole
    "sas_expired": _BLOB,
}
# On demand only, since each costs a client its whole patience: no answer until it gives up, before or after the effect.
SILENT = frozenset({"silent_before", "silent_after"})
# What a client that keeps to the documented limits gets over; `mfa_missing` is for a person.
ORDINARY: dict[str, float] = {kind: 0.02 for kind in KINDS if kind != "mfa_missing"}
_ONCE = frozenset(
    {"token_expired"}
)  # a second one for a fresh token would mean that the app may not, which is no fault
_PASSING_ID = re.compile(r"(operations|manifests)/[^/]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Faults at random. `in_a_row`: how many faults at most strike one call before it is let through.

    `at_most`: how often a kind strikes in all; a kind that isn't named has no such limit.
    """

    seed: int
    rates: Mapping[str, float] = field(default_factory=lambda: ORDINARY)
    in_a_row: int = 2
    at_most: Mapping[str, int] = field(default_factory=lambda: {"gone": 3, "etag_changed": 2, "sas_expired": 3})

    def __post_init__(self) -> None:
        if unknown := sorted({*self.rates, *self.at_most} - set(KINDS)):
            raise ValueError(f"unknown kinds of fault: {', '.join(unknown)}; known are {', '.join(KINDS)}")
        if not 0 <= sum(self.rates.values()) <= 1:
            raise ValueError(f"the rates of faults add up to {sum(self.rates.values())}; they must lie in 0..1")

    def draw(self, number: int) -> str:
        """What the seed holds for the request of this number; empty: nothing."""
        drawn = Random(f"{self.seed}:{number}").random()  # noqa: S311 - to be the same again, not a secret
        for kind in KINDS:
            drawn -= self.rates.get(kind, 0.0)
            if drawn < 0:
                return kind
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A fault for the next `times` requests that match, after letting `after` of them pass.

    `path` is a pattern (regular expression) that must occur in the path; empty `method` is any.
    """

    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    after: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS and self.kind not in SILENT:
            raise ValueError(f"unknown kind of fault: {self.kind}; known are {', '.join((*KINDS, *sorted(SILENT)))}")

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("", method) and re.search(self.path, path) is not None


@dataclass(slots=True)
class _Waiting:
    wanted: Wanted
    passed: int = 0
    struck: int = 0


@dataclass(slots=True)
class FaultBox:
    """Faults that are still to come, and how often they came."""

    random: Faults | None = None
    waiting: list[_Waiting] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    in_a_row: Counter[str] = field(default_factory=Counter)  # by call

    def want(self, wanted: Wanted) -> None:
        self.waiting.append(_Waiting(wanted))

    def clear(self) -> None:
        """No fault any more, wanted or random; the counts stay."""
        self.random = None
        self.waiting.clear()

    def strike(self, number: int, place: str, method: str, path: str) -> str:
        """The fault of this request; empty: none. `place`: sign_in, partner_center, graph or blob."""
        call = method + " " + _PASSING_ID.sub(r"\1/{id}", path)
        kind = self._wanted(method, path) or self._drawn(number, place, call)
        if kind:
            self.struck[kind] += 1
            self.in_a_row[call] += 1
        else:
            self.in_a_row[call] = 0
        return kind

    def _wanted(self, method: str, path: str) -> str:
        for each in self.waiting:
            if each.wanted.matches(method, path):
                each.passed += 1
                if each.passed <= each.wanted.after:
                    continue
                each.struck += 1
                if each.struck >= each.wanted.times:
                    self.waiting.remove(each)
                return each.wanted.kind
        return ""

    def _drawn(self, number: int, place: str, call: str) -> str:
        if self.random is None or self.in_a_row[call] >= self.random.in_a_row:
            return ""
        kind = self.random.draw(number)
        if not kind or place not in KINDS[kind] or (kind in _ONCE and self.in_a_row[call]):
            return ""
        return "" if self.struck[kind] >= self.random.at_most.get(kind, self.struck[kind] + 1) else kind
