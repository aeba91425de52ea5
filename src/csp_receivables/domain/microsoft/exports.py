"""The asynchronous export of an invoice's charges, and what to do next about it (microsoft.md 3).

An export is asked for, then looked at until it is ready, failed or gone. Code 5000 means "no data available": for a
fresh invoice it passes within days, for a legacy one never; so it is asked for again until a deadline, never for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

NO_DATA = "5000"  # the code of "no data available", for invoices that are not ready and for those that never will be
ASK_AGAIN_AFTER = timedelta(hours=6)  # a fresh invoice's data is made once a day
NO_DATA_AFTER = timedelta(days=11)  # partners report that late files come until the 11th; after that a person asks
FRESH_STARTS_MAX = 5  # an operation or manifest that keeps vanishing is no hiccup


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Where the parts of one export lie. `etag` is the version of the data; `access` opens the store: a secret."""

    manifest_id: str
    etag: str
    root: str  # address of the folder of blobs
    blobs: tuple[str, ...]  # names, each once, in order of their names
    access: str = field(repr=False)  # query of a shared access signature, valid for some hours


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRunning:
    """Microsoft is still making it."""

    look_again_in: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReady:
    """It is made; the manifest says where it lies."""

    manifest: Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFailed:
    """Microsoft could not make it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ExportGone:
    """Its operation or manifest expired (410): it must be asked for anew."""


ExportState = ExportRunning | ExportReady | ExportFailed | ExportGone


class Move(StrEnum):
    """What to do next about an export."""

    LOOK_AGAIN = "look_again"
    DOWNLOAD = "download"
    ASK_ANEW = "ask_anew"
    ANOTHER_DAY = "another_day"  # there may be data later: nothing is wrong yet
    TRY_LATER = "try_later"  # the way is disturbed: the task fails and is tried again; nothing is concluded
    GIVE_UP = "give_up"  # a person must look


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMove:
    """The move, after how long, and why."""

    move: Move
    because: str
    after: timedelta = timedelta(0)


def next_move(state: ExportState, *, starts: int, invoiced_at: datetime | None, now: datetime) -> NextMove:
    """Decide from what Microsoft answered. `starts`: how often this run has asked for the export."""
    match state:
        case ExportRunning(look_again_in=after):
            return NextMove(move=Move.LOOK_AGAIN, after=after, because="Microsoft is still making the export")
        case ExportReady(manifest=Manifest(blobs=())):
            return no_data("the export is empty", invoiced_at, now)
        case ExportReady():
            return NextMove(move=Move.DOWNLOAD, because="the export is ready")
        case ExportGone():
            return _anew(starts, "the export expired before it was read (410)")
        case ExportFailed(code=code, message=message) if code == NO_DATA:
            return no_data(message, invoiced_at, now)
        case ExportFailed(code=code, message=message):
            return _anew(starts, f"Microsoft could not make the export: {code} {message}".rstrip())


def no_data(message: str, invoiced_at: datetime | None, now: datetime) -> NextMove:
    """Another day while the invoice is fresh; then a person."""
    said = f"Microsoft has no data for it: {message}".rstrip(": ")
    if invoiced_at is None or now - invoiced_at >= NO_DATA_AFTER:
        return NextMove(move=Move.GIVE_UP, because=f"{said}; its invoice is {NO_DATA_AFTER.days} days old or undated")
    return NextMove(move=Move.ANOTHER_DAY, after=ASK_AGAIN_AFTER, because=said)


def _anew(starts: int, why: str) -> NextMove:
    if starts >= FRESH_STARTS_MAX:
        return NextMove(move=Move.TRY_LATER, because=f"{why}; asked {starts} times")
    return NextMove(move=Move.ASK_ANEW, because=why)
