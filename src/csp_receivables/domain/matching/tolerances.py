"""The policy's tolerances as a table beside the payments."""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.relations import keep

_TOLERANCES = """
    SELECT unnest($codes::VARCHAR[]) AS currency, unnest($fixed::BIGINT[]) AS fixed,
        unnest($per_mille::BIGINT[]) AS per_mille
"""


def keep_tolerances(connection: duckdb.DuckDBPyConnection, policy: MatchingPolicy) -> None:
    """Make `matching.tolerance (currency, fixed, per_mille)`; a currency that is not in it has none."""
    tolerances = sorted(policy.tolerances.items())
    keep(
        connection,
        "matching.tolerance",
        _TOLERANCES,
        codes=[code for code, _ in tolerances],
        fixed=[tolerance.fixed for _, tolerance in tolerances],
        per_mille=[tolerance.per_mille for _, tolerance in tolerances],
    )
