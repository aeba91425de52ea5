"""The four forms of Microsoft's files of charges: which column of each holds which field of CHARGE.

Names are compared without case, blanks and punctuation: the portal, the API and the documentation spell them
differently, and their order and number change from year to year. Sources: microsoft.md 2.1 to 2.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from csp_receivables.domain.charge_data import ChargeKind

KEY_COLUMNS = ("invoice_id", "tenant_id", "currency")
DAY_COLUMNS = ("charge_from", "charge_until")
MONEY_COLUMNS = ("subtotal", "tax", "total")
NUMBER_COLUMNS = ("unit_price", "effective_unit_price", "quantity", "billable_quantity", "exchange_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of file. Two fields may be held by one column: usage is charged for the quantity that was used."""

    kind: ChargeKind
    name: str
    signs: frozenset[str]  # columns that no other form has, simplified
    fields: Mapping[str, tuple[str, ...]]  # field of CHARGE → names of its column, simplified
    required: tuple[str, ...]
    charge_types: frozenset[str]  # those that somebody has described, simplified


_SHARED = {  # the same in every form
    "tenant_id": ("customerid",),
    "currency": ("currency",),
    "charge_from": ("chargestartdate",),
    "charge_until": ("chargeenddate",),
    "customer_name": ("customername",),
    "charge_type": ("chargetype",),
    "order_id": ("orderid",),
    "unit_price": ("unitprice",),
    "quantity": ("quantity",),
}
_NEW_COMMERCE = _SHARED | {
    "invoice_id": ("invoicenumber",),
    "customer_domain": ("customerdomainname",),
    "customer_country": ("customercountry",),
    "product_id": ("productid",),
    "sku_id": ("skuid",),
    "product_name": ("productname",),
    "sku_name": ("skuname",),
    "publisher_name": ("publishername",),
    "subscription_id": ("subscriptionid",),
    "pricing_currency": ("pricingcurrency",),
    "effective_unit_price": ("effectiveunitprice",),
    "exchange_rate": ("pctobcexchangerate",),
}
RECONCILIATION = Form(
    kind=ChargeKind.RECONCILIATION,
    name="new-commerce reconciliation",
    signs=frozenset(),
    fields=_NEW_COMMERCE
    | {
        "term": ("termandbillingcycle",),
        "reference_id": ("referenceid",),
        "billable_quantity": ("billablequantity",),
        "subtotal": ("subtotal",),
        "tax": ("taxtotal",),
        "total": ("total", "totalforcustomer"),
    },
    required=(*KEY_COLUMNS, *MONEY_COLUMNS),
    charge_types=frozenset(  # v1 maps Purchase to New and Refund to Cancel
        {
            *("new", "renew", "cyclecharge", "addquantity", "removequantity", "movequantity", "convert"),
            *("changebillingplan", "cancelimmediate", "customercredit", "extendterm", "cancel", "purchase", "refund"),
        }
    ),
)
DAILY_USAGE = Form(  # carries no tax: its total is the amount before tax
    kind=ChargeKind.DAILY_USAGE,
    name="daily rated usage",
    signs=frozenset({"usagedate", "billingpretaxtotal"}),
    fields=_NEW_COMMERCE
    | {
        "currency": ("billingcurrency",),
        "billable_quantity": ("quantity",),
        "subtotal": ("billingpretaxtotal",),
        "total": ("billingpretaxtotal",),
    },
    required=(*KEY_COLUMNS, "subtotal"),
    charge_types=frozenset({"usage", "new", "customercredit", "cancel", "refund"}),
)
LEGACY_LICENSE = Form(  # its file names no invoice
    kind=ChargeKind.LEGACY_LICENSE,
    name="legacy licence-based reconciliation",
    signs=frozenset({"syndicationpartnersubscriptionnumber", "durableofferid"}),
    fields=_SHARED
    | {
        "customer_domain": ("domainname",),
        "product_id": ("durableofferid",),
        "sku_id": ("offerid",),
        "product_name": ("offername",),
        "subscription_id": ("syndicationpartnersubscriptionnumber",),  # as REST and every other file names it
        "term": ("billingcycletype",),
        "billable_quantity": ("quantity",),
        "subtotal": ("subtotal",),
        "tax": ("tax",),
        "total": ("totalforcustomer",),
    },
    required=("tenant_id", "currency", *MONEY_COLUMNS),
    charge_types=frozenset(
        {
            *("activationfee", "cancelfee", "cancelinstanceprorate", "cyclefee", "cycleinstanceprorate"),
            *("proratefeeswhencancel", "proratefeeswhenconvertawayfromcurrentoffering", "newpurchasecyclefee"),
            *("proratefeeswhenconverttoanewoffering", "proratefeeswhenpurchase", "proratefeewhenrenew"),
            *("proratefeeswhenactivate", "offsetalineitem", "activationdiscount", "cyclediscount", "renewdiscount"),
            *("canceldiscount", "proratefeeswhenbuy", "proratefeeswhenrenew", "convertfrominstanceprorate"),
        }
    ),
)
LEGACY_USAGE = Form(
    kind=ChargeKind.LEGACY_USAGE,
    name="legacy usage-based reconciliation",
    signs=frozenset({"pretaxcharges", "detaillineitemid"}),
    fields=_SHARED
    | {
        "invoice_id": ("invoicenumber",),
        "customer_name": ("customercompanyname",),
        "customer_domain": ("domainname",),
        "product_id": ("resourceguid",),
        "sku_id": ("sku",),
        "product_name": ("servicename",),
        "sku_name": ("resourcename",),
        "subscription_id": ("subscriptionid",),
        "term": ("billingcycletype",),
        "unit_price": ("listprice",),
        "effective_unit_price": ("pretaxeffectiverate",),
        "quantity": ("consumedquantity",),
        "billable_quantity": ("overagequantity",),
        "subtotal": ("pretaxcharges",),
        "tax": ("taxamount",),
        "total": ("posttaxtotal",),
    },
    required=(*KEY_COLUMNS, *MONEY_COLUMNS),
    charge_types=frozenset({"assessusagefeeforcurrentcycle", "assessusagefeewhencancel"}),
)
_BY_THEIR_SIGNS = (DAILY_USAGE, LEGACY_LICENSE, LEGACY_USAGE)


def form_of(names: frozenset[str]) -> Form:
    """The form that a header of these simplified names belongs to: new commerce, unless it carries another's signs."""
    return next((form for form in _BY_THEIR_SIGNS if form.signs <= names), RECONCILIATION)
