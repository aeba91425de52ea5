"""Made-up worlds to measure on: seeded, true to format, about nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import duckdb

from csp_receivables.adapters.microsoft_files.download_record import Part, write_record

MONEY_AND_NUMBERS = frozenset(
    {"UnitPrice", "Quantity", "Subtotal", "TaxTotal", "Total", "EffectiveUnitPrice", "BillableQuantity"}
    | {"PCToBCExchangeRate"}
)
_RECON_CELLS = {  # column → SQL; h and g are two hashes of the line's number
    "PartnerId": "'0e195b37-4574-4539-bc42-0e539b9684c0'",
    "CustomerId": "md5((h%800)::VARCHAR)::UUID::VARCHAR",
    "CustomerName": "'Customer '||(h%800)||CASE WHEN h%97=0 THEN ', \"the '||chr(10)||'second\"' ELSE '' END",
    "CustomerDomainName": "'customer'||(h%800)||'.onmicrosoft.com'",
    "CustomerCountry": "'SE'",
    "InvoiceNumber": "'G012345678'",
    "MpnId": "'6034453'",
    "Tier2MpnId": "'0'",
    "OrderId": "left(md5(g::VARCHAR),12)",
    "OrderDate": "'2026-10-'||lpad((1+g%28)::VARCHAR,2,'0')||'T09:15:00Z'",
    "ProductId": "'DZH318Z0'||upper(left(md5((g%3000)::VARCHAR),4))",
    "SkuId": "lpad((g%100)::VARCHAR,4,'0')",
    "AvailabilityId": "'DZH318Z0B5DK'",
    "SkuName": "'Log analytics - Pay-as-you-go - EU West '||g%100",
    "ProductName": "'Log analytics - Pay-as-you-go'",
    "ChargeType": "'New'",
    "UnitPrice": "((g%100000)/1000.0)::DECIMAL(18,6)::VARCHAR",
    "Quantity": "'1'",
    "Subtotal": "((h%1000000)::DECIMAL(18,0)/100)::DECIMAL(18,2)::VARCHAR",
    "TaxTotal": "'0'",
    "Total": "((h%1000000)::DECIMAL(18,0)/100)::DECIMAL(18,2)::VARCHAR",
    "Currency": "'SEK'",
    "PriceAdjustmentDescription": "'[\"15.0% Partner earned credit for services managed\"]'",
    "PublisherName": "'Microsoft'",
    "PublisherId": "''",
    "SubscriptionDescription": "'Azure plan'",
    "SubscriptionId": "md5((h%5000)::VARCHAR)::UUID::VARCHAR",
    "ChargeStartDate": "'2026-10-01T00:00:00Z'",
    "ChargeEndDate": "'2026-10-31T00:00:00Z'",
    "TermAndBillingCycle": "'Data Stored (GB/Month), One-Year commitment for monthly/yearly billing'",
    "EffectiveUnitPrice": "((g%100000)/1000.0*0.85)::DECIMAL(18,9)::VARCHAR",
    "UnitType": "'1 GB/Month'",
    "AlternateId": "left(md5(g::VARCHAR),12)",
    "BillableQuantity": "(g%1000000/1000.0)::DECIMAL(18,6)::VARCHAR",
    "BillingFrequency": "''",
    "PricingCurrency": "'USD'",
    "PCToBCExchangeRate": "'10.412345678'",
    "PCToBCExchangeRateDate": "'2026-09-30T00:00:00Z'",
    "MeterDescription": "'Tables - LRS Data Stored (GB/Month) '||g%50",
    "ReservationOrderId": "''",
    "CreditReasonCode": "''",
    "SubscriptionStartDate": "''",
    "SubscriptionEndDate": "''",
    "ReferenceId": "md5(g::VARCHAR)::UUID::VARCHAR",
    "ProductQualifiers": "''",
    "PromotionId": "''",
    "ProductCategory": "'Azure'",
}


def write_recon(path: Path, lines: int, seed: int = 7, changed: Mapping[str, str] = MappingProxyType({})) -> None:
    """A reconciliation CSV of one invoice, `lines` × 47 columns, the same for the same seed; .gz is packed.

    800 customers, some with line breaks and quotes in their names, one month of Azure usage in kronor.
    `changed`: SQL of cells that are to be otherwise.
    """
    cells = ", ".join(f"{cell} AS {name}" for name, cell in (_RECON_CELLS | dict(changed)).items())
    rows = f"SELECT hash(range * 7 + {seed}) AS h, hash(range * 13 + {seed}) AS g FROM range({lines})"
    packed = "gzip" if path.suffix == ".gz" else "none"
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            f"COPY (SELECT {cells} FROM ({rows})) TO '{path}' (FORMAT csv, HEADER true, COMPRESSION {packed})"
        )


def write_export(folder: Path, lines: int, per_part: int = 500_000, seed: int = 7) -> Path:
    """The same lines as `write_recon`, as a download of gzip JSON-lines parts; returns its record."""
    cells = ", ".join(f"{cell} AS {name}" for name, cell in _RECON_CELLS.items())
    parts = []
    with duckdb.connect(config={"threads": 2}) as connection:
        for number, first in enumerate(range(0, lines, per_part)):
            until = min(first + per_part, lines)
            rows = f"SELECT hash(range * 7 + {seed}) AS h, hash(range * 13 + {seed}) AS g FROM range({first}, {until})"
            path = folder / f"part-{number:05}.json.gz"
            connection.execute(f"COPY (SELECT {cells} FROM ({rows})) TO '{path}' (FORMAT json, COMPRESSION gzip)")
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            parts.append(Part(path=path, bytes=path.stat().st_size, digest=digest))
    record = folder / "G110000001.download.json"
    write_record(record, invoice_id="G110000001", parts=parts)
    return record
