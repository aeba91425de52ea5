"""Customers whom nothing concerns are settled as a set: they owe nothing, so the answer is the same for all of them."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.facts import CollectionsFacts
from csp_receivables.domain.collections.feed_age import FeedAge
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.relations import keep, load

_CONCERNED = """
SELECT customer_id FROM known_customers
 WHERE customer_id IN (SELECT customer_id FROM open_debts) OR customer_id IN (SELECT customer_id FROM named)
"""
_OTHERS = "SELECT customer_id FROM known_customers WHERE customer_id NOT IN (SELECT customer_id FROM concerned)"


def decide_where_nothing_is_due(
    connection: duckdb.DuckDBPyConnection,
    concerned: str,
    known: CollectionsFacts,
    policy: CollectionsPolicy,
    *,
    on: date,
    feed: FeedAge,
) -> list[Decision]:
    """Decisions of those whom nothing concerns; makes the relation `concerned` of all others."""
    load(connection, "named", pa.table({"customer_id": pa.array(sorted(known.named()), pa.string())}))
    keep(connection, concerned, _CONCERNED)
    others = connection.execute(_OTHERS).fetchall()
    example = decide(_nobody(feed), policy, on)
    fields = {name: getattr(example, name) for name in Decision.__slots__}
    return [Decision(**{**fields, "customer_id": customer_id}) for (customer_id,) in others]


def _nobody(feed: FeedAge) -> Case:
    return Case(customer_id="", name="", country="", party_kind="unknown", feed_stale=feed.stale, feed_until=feed.until)
