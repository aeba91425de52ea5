"""`csp bank profile FILE`: a profile proposed from any table, which must then read that table."""

from __future__ import annotations

import tempfile
from pathlib import Path

from csp_receivables.adapters.bank_csv_profiles import BankProfileRefused, parse_bank_profile
from csp_receivables.adapters.bank_csv_proposal import propose
from csp_receivables.adapters.bank_files.bank_csv import BankCsvReader
from fuzz import claims
from fuzz.bank_files import survives

_FOLDER = tempfile.TemporaryDirectory(prefix="csp-fuzz-")
_PATH = Path(_FOLDER.name) / "fuzzed.csv"


def bank_profile(data: bytes) -> None:
    """Propose with and without the account and the currency named; what is proposed is YAML and reads the file."""
    _PATH.write_bytes(data)
    for named in ({}, {"account": "SE4550000000058398257466", "currency": "SEK"}):
        try:
            proposal = propose(_PATH, **named)
        except BankProfileRefused as refusal:
            claims.holds(bool(str(refusal)), "a refusal says why")
            continue
        claims.texts_can_be_kept([proposal.text])
        profile = parse_bank_profile("proposed", proposal.text)
        claims.holds(
            survives(BankCsvReader([profile]), data) is not None, "the file is read by what was proposed of it"
        )
        claims.same_again(proposal, propose(_PATH, **named))
