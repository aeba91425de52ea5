"""What to do next about an export: at, below and above each limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from csp_receivables.domain.microsoft.exports import (
    FRESH_STARTS_MAX,
    NO_DATA,
    NO_DATA_AFTER,
    ExportFailed,
    ExportGone,
    ExportReady,
    ExportRunning,
    ExportState,
    Manifest,
    Move,
    next_move,
)

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
NONE = ExportFailed(code=NO_DATA, message="No data available")


def manifest(*blobs: str) -> ExportReady:
    return ExportReady(
        manifest=Manifest(manifest_id="m", etag="e", root="https://blobs.example", blobs=blobs, access="sig=secret")
    )


def move(state: ExportState, *, starts: int = 1, invoiced_at: datetime | None = NOW) -> Move:
    return next_move(state, starts=starts, invoiced_at=invoiced_at, now=NOW).move


def test_a_running_export_is_looked_at_again_when_microsoft_says_so() -> None:
    answer = next_move(ExportRunning(look_again_in=timedelta(seconds=10)), starts=1, invoiced_at=None, now=NOW)

    assert (answer.move, answer.after) == (Move.LOOK_AGAIN, timedelta(seconds=10))


def test_a_ready_export_is_downloaded_and_an_empty_one_is_no_data() -> None:
    assert move(manifest("part-0")) is Move.DOWNLOAD
    assert move(manifest()) is Move.ANOTHER_DAY


@pytest.mark.parametrize("state", [ExportGone(), ExportFailed(code="5001", message="internal")])
def test_what_vanished_or_failed_is_asked_anew_so_often_and_then_left_for_later(state: ExportState) -> None:
    """Never given up: an invoice that is not fetched because of a disturbed hour would be missing for good."""
    assert move(state, starts=FRESH_STARTS_MAX - 1) is Move.ASK_ANEW
    assert move(state, starts=FRESH_STARTS_MAX) is Move.TRY_LATER
    assert move(state, starts=FRESH_STARTS_MAX, invoiced_at=NOW - timedelta(days=90)) is Move.TRY_LATER


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (NO_DATA_AFTER - timedelta(seconds=1), Move.ANOTHER_DAY),
        (NO_DATA_AFTER, Move.GIVE_UP),
        (NO_DATA_AFTER + timedelta(days=1), Move.GIVE_UP),
    ],
)
def test_no_data_is_waited_for_until_the_deadline(age: timedelta, expected: Move) -> None:
    assert move(NONE, invoiced_at=NOW - age) is expected


def test_no_data_of_an_undated_invoice_goes_to_a_person() -> None:
    assert move(NONE, invoiced_at=None) is Move.GIVE_UP


def test_a_manifest_never_shows_what_opens_it() -> None:
    assert "secret" not in repr(manifest("part-0"))
