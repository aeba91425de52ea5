"""Conditions and overrides of a policy as one line for people of the house."""

from __future__ import annotations

from csp_receivables.domain.collections.policy import Condition, Override
from csp_receivables.domain.money import to_text


def condition_text(when: Condition) -> str:
    """`from day 30, from 1000.00 SEK, with tag slow`; alternatives are parted by "or"."""
    parts = []
    if when.days_min is not None:
        parts.append(f"from day {when.days_min}")
    if when.amount_min:
        amounts = " / ".join(f"{to_text(amount, currency)} {currency}" for currency, amount in when.amount_min.items())
        parts.append(f"from {amounts}")
    if when.receivables_min is not None:
        parts.append(f"from {when.receivables_min} receivables")
    parts += [f"with tag {tag}" for tag in sorted(when.tags)]
    parts += [f"without tag {tag}" for tag in sorted(when.without_tags)]
    if when.any_of:
        parts.append(" or ".join(f"({condition_text(part)})" for part in when.any_of))
    return ", ".join(parts)


def override_text(override: Override) -> str:
    """`tags public_body: 10 days of grace (public bodies pay later)`."""
    whom = "; ".join(
        f"{kind} {', '.join(sorted(names))}"
        for kind in ("receivables", "customers", "tags", "countries")
        if (names := getattr(override, kind))
    )
    said = ["never chased"] if override.exempt else []
    if override.grace_days is not None:
        said.append(f"{override.grace_days} days of grace")
    said += [f"{stage} from day {days}" for stage, days in override.stage_days.items()]
    said += [
        f"nothing below {to_text(least.amount, currency)} {currency} and {least.receivables} receivables"
        for currency, least in (override.minimum or {}).items()
    ]
    return f"{whom}: {', '.join(said)} ({override.because})"
