"""Microsoft's credit limit for the partner: a call that meets it tells that too much is owed (microsoft.md 7.4)."""

from __future__ import annotations

from datetime import date

from csp_receivables.domain.findings import Finding, Severity

CREDIT_LIMIT_CODES = frozenset({"800023", "900121"})  # the limit is exceeded: nothing new can be bought


def credit_limit_finding(code: str, on: date) -> Finding:
    """What a person must do; one a month, however many calls met the limit."""
    return Finding(
        code="microsoft.credit_limit",
        severity=Severity.HELD,
        found=f"in {on:%Y-%m} Microsoft refused a call because the partner's credit limit is exceeded ({code}): what "
        "is bought, unpaid and not yet invoiced is more than it; renewals and usage go on",
        remedy="Pay what csp payables shows as due, or write to ucmwrcsp@microsoft.com for a higher limit; buying is "
        "possible again within a day of the payment",
        subject=f"{on:%Y-%m}",
    )
