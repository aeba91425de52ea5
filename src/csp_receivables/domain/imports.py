"""What importing one file came to: the same shape for bank, Microsoft and accounting files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from csp_receivables.domain.findings import Finding, kept


class Outcome(StrEnum):
    """What became of a file as a whole."""

    IMPORTED = "imported"
    ALREADY_KNOWN = "already_known"  # the same bytes were imported before: nothing changes
    REFUSED = "refused"  # nothing of it counts; the findings say why


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One file's import. `facts` were in the file, `new_facts` the ledger did not know yet."""

    name: str
    digest: str
    outcome: Outcome
    taken_for: str  # what the content was recognised as: "camt.053.001.08", "new-commerce reconciliation, 47 columns"
    facts: int = 0
    new_facts: int = 0
    because: str = ""  # why it was refused, one sentence
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        for name in ("name", "because"):
            object.__setattr__(self, name, kept(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A file that was given to the wrong import: what it is, and the command that takes it."""

    what: str  # "a bank file (camt.053.001.08)"
    command: str  # "csp import bank"

    @property
    def found(self) -> str:
        return f"this is {self.what}"

    @property
    def remedy(self) -> str:
        return f"Import it with: {self.command}, or put it into the inbox folder of its kind"
