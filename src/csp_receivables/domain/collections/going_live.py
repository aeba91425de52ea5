"""A policy goes live step by step: a day, some dry days, and a person who has seen the difference and said yes."""

from __future__ import annotations

from datetime import date, timedelta

from csp_receivables.domain.collections.policy import CollectionsPolicy


def why_dry(policy: CollectionsPolicy, on: date, *, is_approved: bool) -> str:
    """Why decisions of `on` are shown and propose nothing; "" when they may act."""
    if policy.live_from is None:
        return f"the policy {policy.name} has no live_from"
    if on < policy.live_from:
        return f"the policy {policy.name} is live from {policy.live_from}"
    last_dry = policy.live_from + timedelta(days=policy.dry_days - 1)
    if on <= last_dry:
        return f"the policy {policy.name} runs dry until {last_dry}"
    if not is_approved:
        return f"nobody approved what the policy {policy.name} would send: csp policy approve --by NAME --why TEXT"
    return ""
