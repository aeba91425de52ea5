"""The columns of new-commerce reconciliation files, by name; and how other files of Microsoft are told from them.

Names are compared without case, blanks and punctuation: the portal, the API and the 2023 documentation spell them
differently, and the order and number (46 to 48) change from year to year. Sources: microsoft.md 2.1 to 2.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TEXT_COLUMNS = {  # field of CHARGE → names of its column, simplified
    "customer_name": ("customername",),
    "customer_domain": ("customerdomainname",),
    "customer_country": ("customercountry",),
    "product_id": ("productid",),
    "sku_id": ("skuid",),
    "product_name": ("productname",),
    "sku_name": ("skuname",),
    "publisher_name": ("publishername",),
    "subscription_id": ("subscriptionid",),
    "order_id": ("orderid",),
    "charge_type": ("chargetype",),
    "term": ("termandbillingcycle",),
    "pricing_currency": ("pricingcurrency",),
    "reference_id": ("referenceid",),
}
KEY_COLUMNS = {"invoice_id": ("invoicenumber",), "tenant_id": ("customerid",), "currency": ("currency",)}
DAY_COLUMNS = {"charge_from": ("chargestartdate",), "charge_until": ("chargeenddate",)}
MONEY_COLUMNS = {"subtotal": ("subtotal",), "tax": ("taxtotal",), "total": ("total", "totalforcustomer")}
NUMBER_COLUMNS = {
    "unit_price": ("unitprice",),
    "effective_unit_price": ("effectiveunitprice",),
    "quantity": ("quantity",),
    "billable_quantity": ("billablequantity",),
    "exchange_rate": ("pctobcexchangerate",),
}
OTHER = "other_"  # before the names of columns that hold no field of CHARGE
REQUIRED = (*KEY_COLUMNS, *MONEY_COLUMNS)
KNOWN = {**KEY_COLUMNS, **TEXT_COLUMNS, **DAY_COLUMNS, **MONEY_COLUMNS, **NUMBER_COLUMNS}
_FIELD_OF = {name: field for field, names in KNOWN.items() for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherKind:
    """A file of Microsoft that is no reconciliation of a new-commerce invoice, and the columns that give it away."""

    code: str
    name: str
    signs: frozenset[str]
    remedy: str


_LATER = "This form is not read yet. Import the new-commerce invoice reconciliation (ids G…) instead"
OTHER_KINDS = (
    OtherKind(
        code="microsoft.legacy_license_file",
        name="a legacy licence-based reconciliation file (invoice ids D…)",
        signs=frozenset({"syndicationpartnersubscriptionnumber", "durableofferid"}),
        remedy=_LATER,
    ),
    OtherKind(
        code="microsoft.legacy_usage_file",
        name="a legacy usage-based reconciliation file (invoice ids D…)",
        signs=frozenset({"pretaxcharges", "detaillineitemid"}),
        remedy=_LATER,
    ),
    OtherKind(
        code="microsoft.daily_usage_file",
        name="a daily rated usage file",
        signs=frozenset({"usagedate", "billingpretaxtotal"}),
        remedy=_LATER,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The header of one file: its names as written, and which column (0-based) holds which field of CHARGE."""

    names: tuple[str, ...]
    place: dict[str, int]

    @property
    def missing(self) -> tuple[str, ...]:
        """Required fields that no column holds."""
        return tuple(field for field in REQUIRED if field not in self.place)

    @property
    def others(self) -> tuple[int, ...]:
        """Columns that hold no field of CHARGE: kept as text under `other_names`."""
        taken = set(self.place.values())
        return tuple(index for index in range(len(self.names)) if index not in taken)

    @property
    def other_names(self) -> tuple[str, ...]:
        """What the lake calls each of `others`: `other_PartnerId`; without case no two are the same."""
        taken: set[str] = set()
        return tuple(_free(f"{OTHER}{self.names[index]}", taken) for index in self.others)

    def name_of(self, field: str) -> str:
        """The column's name as this file writes it."""
        return self.names[self.place[field]]


def read_header(names: Sequence[str]) -> Columns:
    """Which column is what. A name that comes twice counts where it comes first; the second is one of the others."""
    place: dict[str, int] = {}
    for index, name in enumerate(names):
        field = _FIELD_OF.get(simplified(name))
        if field:
            place.setdefault(field, index)
    return Columns(names=tuple(name.strip("\ufeff \u00a0") for name in names), place=place)


def _free(name: str, taken: set[str]) -> str:
    """`name`, numbered where it is taken already; then it is taken. DuckDB compares names without case."""
    free = name if name.casefold() not in taken else f"{name}_{len(taken) + 1}"
    while free.casefold() in taken:
        free += "_"
    taken.add(free.casefold())
    return free


def other_kind(names: Sequence[str]) -> OtherKind | None:
    """Which other file of Microsoft this header belongs to, if one is known."""
    found = {simplified(name) for name in names}
    return next((kind for kind in OTHER_KINDS if kind.signs <= found), None)


def is_excerpt(names: Sequence[str]) -> bool:
    """Does the header speak of charges at all? The tables in Microsoft's documentation do, in part."""
    words = ("charge", "price", "subscription", "billing", "purchase", "product", "amount")
    return any(word in simplified(name) for name in names for word in words)


def simplified(name: str) -> str:
    """`name` without case, blanks and punctuation."""
    return "".join(character for character in name.casefold() if character.isalnum())
