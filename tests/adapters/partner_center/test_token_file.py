"""The command line's refresh token lies in a file for its owner only, and a crash can't lose it."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from csp_receivables.adapters.partner_center.token_file import TokenFile
from csp_receivables.domain.microsoft.sign_in import AgingToken, RefreshToken, aging, aging_finding
from tests.microsoft_server import Waiting


def test_what_is_stored_is_loaded_and_only_the_owners(tmp_path: Path, waiting: Waiting) -> None:
    file = TokenFile(tmp_path / "secrets" / "reader", lambda: waiting.now)
    assert file.load() is None
    token = RefreshToken(token="t-1", stored_at=waiting.now - timedelta(days=3))

    file.store(RefreshToken(token="t-0", stored_at=waiting.now))
    (tmp_path / "secrets" / "reader.part").write_text("left by a crash")
    file.store(token)

    assert file.load() == token
    assert [each.name for each in (tmp_path / "secrets").iterdir()] == ["reader"]
    assert stat.S_IMODE((tmp_path / "secrets" / "reader").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert "t-1" not in repr(token)


def test_a_token_put_there_by_hand_counts_from_now(tmp_path: Path, waiting: Waiting) -> None:
    (tmp_path / "t").write_text("0.AXoA-by-hand\n")

    assert TokenFile(tmp_path / "t", lambda: waiting.now).load() == RefreshToken(
        token="0.AXoA-by-hand", stored_at=waiting.now
    )


@pytest.mark.parametrize("damaged", ['{"token": "t"', '{"token": "t"}', '{"token": "t", "stored_at": "x"}', "{}"])
def test_a_damaged_file_is_told(tmp_path: Path, waiting: Waiting, damaged: str) -> None:
    (tmp_path / "t").write_text(damaged)

    with pytest.raises(ValueError, match="damaged"):
        TokenFile(tmp_path / "t", lambda: waiting.now).load()


def test_an_aging_consent_is_a_finding(waiting: Waiting) -> None:
    token = RefreshToken(token="t", stored_at=waiting.now - timedelta(days=75))

    aged = aging("partner_center_reader", token, waiting.now)

    assert aged == AgingToken(identity="partner_center_reader", since=token.stored_at)
    finding = aging_finding(aged)
    assert finding.code == "microsoft.consent_ages"
    assert f"unused it dies on {waiting.now + timedelta(days=15):%Y-%m-%d}" in finding.found
    assert aging_finding(aged).finding_id == finding.finding_id  # the same on each night until it is renewed
