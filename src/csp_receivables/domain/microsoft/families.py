"""Which family a product belongs to, as a table: the kind of product decides, then its id, then its name.

A name that people can choose (a subscription's nickname) is never asked. What no row knows is OTHER, which nothing is
done to by itself.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from csp_receivables.domain.microsoft.subscriptions import Family


class _Row(NamedTuple):
    """`pattern`, without case, must be found in the field."""

    field: str  # "product_type", "offer_id", "offer_name"
    pattern: str
    family: Family


_ROWS = (
    _Row("product_type", r"^(software|perpetual|saas|marketplace|virtualmachine|container)", Family.OTHER),
    _Row("product_type", r"azure|savingsplan|reserv", Family.AZURE),
    _Row("offer_id", r"^MS-AZR-", Family.AZURE),  # the old Azure offers
    _Row("offer_id", r"^DZH318Z0BPS6:", Family.AZURE),  # the Azure plan
    _Row("offer_name", r"\bazure (plan|reserv)|^microsoft azure$|savings plan|reserved .*instance", Family.AZURE),
    _Row("offer_name", r"\bdynamics\b|\bbusiness central\b", Family.DYNAMICS_365),
    _Row("offer_name", r"\b(microsoft|office|windows) 365\b", Family.MICROSOFT_365),
    _Row(
        "offer_name", r"\b(exchange|sharepoint|project|skype for business) online\b|\bonedrive\b", Family.MICROSOFT_365
    ),
    _Row("offer_name", r"\bmicrosoft (teams|entra|defender|intune|purview)\b", Family.MICROSOFT_365),
    _Row(
        "offer_name",
        r"\benterprise mobility\b|\bazure active directory\b|\b(visio|project) plan\b",
        Family.MICROSOFT_365,
    ),
)
_COMPILED = tuple((row.field, re.compile(row.pattern, re.IGNORECASE), row.family) for row in _ROWS)


def family_of(product_type: str, offer_id: str, offer_name: str) -> Family:
    """The family by the first row that fits."""
    told = {"product_type": product_type, "offer_id": offer_id, "offer_name": offer_name}
    return next((family for field, pattern, family in _COMPILED if pattern.search(told[field])), Family.OTHER)
