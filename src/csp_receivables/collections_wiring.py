"""Where adapters meet the steps of collections: `wiring` in a file of its own, for the decisions about who is late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from csp_receivables.adapters.collections_policy import read_collections_policy
from csp_receivables.adapters.timeline_file import read_timeline
from csp_receivables.domain.collections.simulation import Asked, simulate


def simulation(policy: Path, timeline: Path) -> Iterator[Asked]:
    """The answers of the policy in one file along the timeline in another. No ledger is opened."""
    return simulate(read_collections_policy(policy), read_timeline(timeline))
