"""Bounces as servers write them, and what is none."""

from __future__ import annotations

import contextlib
import mailbox
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.adapters.bounce_files import NoMail, mails_in
from csp_receivables.adapters.bounce_reading import read_bounce
from csp_receivables.domain.outbox.bounces import NoBounce, Returned
from tests.bounce_mails import ANSWER, dsn, robots_note

OURS = f"{'0123456789abcdef' * 2}@partner.example"
LOCAL = OURS.partition("@")[0]


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_a_report_names_our_message_its_code_and_no_address(kind: str) -> None:
    (bounce,) = read_bounce(dsn(OURS, returned_kind=kind))

    assert (bounce.message_id, bounce.returned, bounce.status) == (OURS, Returned.FAILED, "5.1.1")
    assert bounce.said == "smtp; 550 5.1.1 <…@…> User unknown"


@pytest.mark.parametrize(
    ("action", "status", "returned"),
    [
        ("failed", "5.1.1", Returned.FAILED),
        ("failed", "4.4.1", Returned.FAILED),  # given up after days: final, whatever the code begins with
        ("delayed", "4.4.1", Returned.DELAYED),
        ("Delivered", "2.0.0", Returned.DELIVERED),
        ("relayed", "2.0.0", Returned.RELAYED),
        ("", "4.2.2", Returned.DELAYED),
        ("nonsense", "5.2.2", Returned.FAILED),
        ("nonsense", "", Returned.FAILED),
    ],
)
def test_the_action_decides_and_without_one_the_code(action: str, status: str, returned: Returned) -> None:
    (bounce,) = read_bounce(dsn(OURS, action=action, status=status or "unknown"))

    assert bounce.returned is returned


def test_our_message_is_known_by_its_envelope_where_nothing_of_it_is_returned() -> None:
    (bounce,) = read_bounce(dsn("", envelope_id=LOCAL))

    assert bounce.message_id == LOCAL


def test_a_robots_note_without_a_report_is_read_by_what_it_returns() -> None:
    (bounce,) = read_bounce(robots_note(OURS))

    assert (bounce.message_id, bounce.returned, bounce.status) == (OURS, Returned.FAILED, "5.1.1")


@pytest.mark.parametrize(
    ("mail", "why"),
    [
        (ANSWER, "somebody wrote"),
        (dsn(""), "not ours"),
        (dsn("something@else.example"), "not ours"),
        (b"", "somebody wrote"),
        (b"\x00\xff\xfe", "somebody wrote"),
    ],
)
def test_what_is_no_bounce_of_ours_is_told(mail: bytes, why: str) -> None:
    with pytest.raises(NoBounce, match=why):
        read_bounce(mail)


def test_a_report_that_is_cut_off_after_a_megabyte_is_read() -> None:
    (bounce,) = read_bounce(dsn(OURS) + b"x" * (3 << 20))

    assert bounce.status == "5.1.1"


@given(st.binary(max_size=400), st.integers(0, 900))
def test_damaged_mail_is_read_or_refused_and_never_breaks(noise: bytes, at: int) -> None:
    report = dsn(OURS)
    with contextlib.suppress(NoBounce):
        read_bounce(report[:at] + noise + report[at:])


def test_a_mail_an_mbox_and_a_maildir_give_their_mails(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(dsn(OURS))
    box = mailbox.mbox(tmp_path / "box")
    folder = mailbox.Maildir(tmp_path / "dir")
    for each in (dsn(OURS), ANSWER):
        box.add(each)
        folder.add(each)
    box.close()

    assert [len(list(mails_in(tmp_path / name))) for name in ("one.eml", "box", "dir")] == [1, 2, 2]


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"amount;currency\n1;SEK\n", b"%PDF-1.7\n"])
def test_what_is_no_mail_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(NoMail):
        list(mails_in(tmp_path / "file"))


def test_a_folder_that_is_no_maildir_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoMail, match="no maildir"):
        list(mails_in(tmp_path))
