"""One bank account under its several names: a clearing house knows it by its bankgiro or domestic number, not its IBAN.

Money counts once for each account and day, so that every file must call the account the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from csp_receivables.domain.findings import Finding, Severity

_NO_PART_OF_A_NAME = re.compile(r"[^0-9A-Z]")


def name_key(name: str) -> str:
    """What a name is known by: blanks, hyphens, case and leading zeros are only how it is written."""
    return _NO_PART_OF_A_NAME.sub("", name.upper()).lstrip("0")


@dataclass(frozen=True, slots=True)
class AccountNames:
    """Accounts as statements call them, by `name_key` of their other names."""

    accounts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __hash__(self) -> int:
        return hash(frozenset(self.accounts.items()))

    def account(self, name: str) -> str | None:
        """The account that `name` is one of, or None when nobody has said."""
        return self.accounts.get(name_key(name))


def not_named(name: str, source: str, subject: str) -> Finding:
    """What to look at when a file pays into an account that it calls by a name nobody has tied to a bank account."""
    return Finding(
        code="bank.account_not_named",
        severity=Severity.WARNING,
        found=f"The payments went to {name}, and nothing says which bank account that is: "
        "if a statement of that account is imported too, the same money would count twice.",
        remedy=f"Before the next file, add {name} to the other names of its account in include/bank/accounts.yaml.",
        source=source,
        field="account",
        subject=subject,
    )
