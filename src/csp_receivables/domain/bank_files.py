"""A bank file by its bytes, and why one is refused."""

from __future__ import annotations

from dataclasses import dataclass

from csp_receivables.domain.findings import Finding, Severity, kept


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """One file: its name (never a path), the SHA-256 of its bytes, its size in bytes, what it was recognised as."""

    name: str
    digest: str
    size: int
    taken_for: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", kept(self.name))


class BankFileRefused(ValueError):
    """Nothing of the file counts. `found` is what it is or what is wrong with it, `remedy` what to do."""

    def __init__(
        self, code: str, found: str, remedy: str, *, line: int | None = None, field: str = "", taken_for: str = ""
    ) -> None:
        super().__init__(f"{found} {remedy}")
        self.code, self.found, self.remedy = code, found, remedy
        self.line, self.field, self.taken_for = line, field, taken_for

    def finding(self, source: str) -> Finding:
        """The refusal as a finding on the file named `source`."""
        return Finding(
            code=self.code,
            severity=Severity.REFUSED,
            found=self.found,
            remedy=self.remedy,
            source=source,
            line=self.line,
            field=self.field,
        )
