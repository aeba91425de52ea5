"""Findings: what a person must look at, always with where it was found and what to do."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

import pyarrow as pa

from csp_receivables.domain.records import empty

DAMAGED = "\ufffd"  # what stands for a character that is none
# PostgreSQL keeps no zero character; UTF-8 has no half of a surrogate pair, which Python makes of undecodable bytes.
_CAN_NOT_BE_KEPT = re.compile("[\x00\ud800-\udfff]")


def kept(text: str) -> str:
    """`text` as the ledger can keep it: what files say is quoted, and files may say anything."""
    return _CAN_NOT_BE_KEPT.sub(DAMAGED, text)


class Severity(StrEnum):
    """How much a finding stops."""

    REFUSED = "refused"  # the file or record does not count
    HELD = "held"  # it is read but kept from acting until a person agrees
    WARNING = "warning"  # it counts; look at it


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to look at. `code` names the rule (`bank.statement_does_not_prove`); `remedy` says what to do."""

    code: str
    severity: Severity
    found: str
    remedy: str
    source: str = ""  # file name, never a path
    line: int | None = None  # 1-based line of the file, where there are lines
    field: str = ""
    subject: str = ""  # id of the payment, receivable, vendor invoice, statement … it is about
    customer_id: str = ""
    amount: int | None = None  # minor units
    currency: str = ""

    def __post_init__(self) -> None:
        for name in ("found", "remedy", "source", "field", "subject", "customer_id"):
            object.__setattr__(self, name, kept(getattr(self, name)))

    @property
    def finding_id(self) -> str:
        """The same finding in the same place has the same id, however often it is found."""
        text = "\x1f".join("" if value is None else str(value) for value in asdict(self).values())
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.line, self.field) if part not in ("", None))
        return f"{place or self.subject or '-'}: {self.found} ({self.code}). {self.remedy}"


FINDING = pa.schema(
    [
        pa.field("finding_id", pa.string(), nullable=False),
        pa.field("code", pa.string(), nullable=False),
        pa.field("severity", pa.string(), nullable=False),
        pa.field("found", pa.string(), nullable=False),
        pa.field("remedy", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("line", pa.int64()),
        pa.field("field", pa.string(), nullable=False),
        pa.field("subject", pa.string(), nullable=False),
        pa.field("customer_id", pa.string(), nullable=False),
        pa.field("amount", pa.int64()),
        pa.field("currency", pa.string(), nullable=False),
    ]
)


def findings_table(findings: Iterable[Finding]) -> pa.Table:
    """Findings as a table of schema FINDING, one row for each id, in the order of code, source, line and id."""
    unique = {finding.finding_id: finding for finding in findings}
    ordered = sorted(unique.items(), key=lambda item: (item[1].code, item[1].source, item[1].line or 0, item[0]))
    rows = [{"finding_id": key, **asdict(finding), "severity": finding.severity.value} for key, finding in ordered]
    return pa.Table.from_pylist(rows, schema=FINDING) if rows else empty(FINDING)
