"""Made-up reconciliation files for tests: rows as dictionaries, written in any dialect."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

NAMES = (
    "PartnerId CustomerId CustomerName CustomerDomainName CustomerCountry InvoiceNumber MpnId Tier2MpnId "
    "OrderId OrderDate ProductId SkuId AvailabilityId SkuName ProductName ChargeType UnitPrice Quantity "
    "Subtotal TaxTotal Total Currency PriceAdjustmentDescription PublisherName PublisherId "
    "SubscriptionDescription SubscriptionId ChargeStartDate ChargeEndDate TermAndBillingCycle "
    "EffectiveUnitPrice UnitType AlternateId BillableQuantity BillingFrequency PricingCurrency "
    "PCToBCExchangeRate PCToBCExchangeRateDate MeterDescription ReservationOrderId CreditReasonCode "
    "SubscriptionStartDate SubscriptionEndDate ReferenceId ProductQualifiers PromotionId ProductCategory"
)
HEADER = tuple(NAMES.split())
CONTOSO = "196e2273-9651-43a3-ba7e-7cbcd918fc40"
FABRIKAM = "2251c40e-117a-415b-8e82-1f60ca5709dc"

Row = Mapping[str, str]


def row(**cells: str) -> dict[str, str]:
    """One charge of 100.00 EUR for Contoso on G1, with `cells` instead."""
    usual = {
        "PartnerId": "0e195b37-4574-4539-bc42-0e539b9684c0",
        "CustomerId": CONTOSO,
        "CustomerName": "Contoso",
        "InvoiceNumber": "G000000001",
        "ChargeType": "new",
        "UnitPrice": "10",
        "EffectiveUnitPrice": "10",
        "Quantity": "10",
        "BillableQuantity": "10",
        "Subtotal": "100",
        "TaxTotal": "0",
        "Total": "100",
        "Currency": "EUR",
        "PriceAdjustmentDescription": '["15.0% Partner earned credit for services managed"]',
        "ChargeStartDate": "2026-10-01T00:00:00Z",
        "ChargeEndDate": "2026-10-31T00:00:00Z",
        "PricingCurrency": "EUR",
        "PCToBCExchangeRate": "1",
    }
    return usual | cells


def text(rows: Sequence[Row], header: Sequence[str] = HEADER, end: str = "\r\n", *, headed: bool = True) -> bytes:
    """The rows as CSV; columns that a row lacks are blank."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end)
    if headed:
        writer.writerow(header)
    writer.writerows([[one.get(name, "") for name in header] for one in rows])
    return out.getvalue().encode()


def write(folder: Path, rows: Sequence[Row], name: str = "recon.csv") -> Path:
    """The rows as the portal writes them: BOM and CRLF; packed when `name` ends with .gz."""
    content = b"\xef\xbb\xbf" + text(rows)
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path
