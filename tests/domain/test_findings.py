"""A finding quotes what a file says, as far as the ledger can keep it."""

from __future__ import annotations

from csp_receivables.domain.findings import Finding, Severity, findings_table
from csp_receivables.domain.imports import FileReport, Outcome


def test_what_no_database_can_keep_is_quoted_as_damaged() -> None:
    finding = Finding(
        code="bank.garbled", severity=Severity.REFUSED, found="'a\x00b' is no number", remedy="ask \udc80 again",
        source="f\udcff.txt", line=1, field="\x00", subject="s", customer_id="C\x00",
    )  # fmt: skip

    assert (finding.found, finding.remedy) == ("'a\ufffdb' is no number", "ask \ufffd again")
    assert (finding.source, finding.field, finding.customer_id) == ("f\ufffd.txt", "\ufffd", "C\ufffd")
    assert findings_table([finding]).num_rows == 1


def test_text_that_can_be_kept_is_quoted_as_it_is() -> None:
    text = "Å, 1\u202f000,00\t\n\U0001f600"

    assert Finding(code="c", severity=Severity.WARNING, found=text, remedy="r").found == text


def test_why_a_file_was_refused_can_be_kept_too() -> None:
    report = FileReport(name="f", digest="d", outcome=Outcome.REFUSED, taken_for="x", because="'\x00' is no day")

    assert report.because == "'\ufffd' is no day"
