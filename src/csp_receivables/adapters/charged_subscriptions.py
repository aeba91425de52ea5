"""Which subscriptions a vendor invoice charges to which tenants, and how much: asked of the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.lake import PART
from csp_receivables.domain.money import round_to_minor

_CHARGED = """
    SELECT invoice_id, tenant_id, lower(subscription_id) AS subscription_id, currency, sum(subtotal) AS pre_tax
      FROM read_parquet($files, union_by_name = true)
     WHERE subscription_id <> '' AND list_contains($tenants, lower(tenant_id))
     GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedSubscription:
    """What one vendor invoice charges one tenant for one subscription; `pre_tax` in minor units."""

    invoice_id: str
    tenant_id: str
    subscription_id: str  # lower case
    currency: str
    pre_tax: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeCharges:
    """The charges in the lake's folder. `spill`: where DuckDB may write meanwhile."""

    root: Path
    spill: Path

    def of(self, paths: Sequence[str], tenants: Sequence[str]) -> tuple[ChargedSubscription, ...]:
        """What the versions at `paths` (relative to the lake) charge these tenants (lower case)."""
        files = [str(file) for path in sorted(set(paths)) if (file := self.root / path / PART).is_file()]
        if not files or not tenants:
            return ()
        with engine(self.spill) as connection:
            rows = connection.execute(_CHARGED, {"files": files, "tenants": list(tenants)}).fetchall()
        return tuple(
            ChargedSubscription(
                invoice_id=invoice,
                tenant_id=tenant,
                subscription_id=subscription,
                currency=currency,
                pre_tax=round_to_minor(amount, currency),
            )
            for invoice, tenant, subscription, currency, amount in rows
        )
