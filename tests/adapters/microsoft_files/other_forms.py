"""Made-up files of daily usage and of legacy charges for tests, beside those of `recon_files`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.adapters.microsoft_files.recon_files import CONTOSO, Row, text

_USAGE_NAMES = (
    "PartnerId PartnerName CustomerId CustomerName CustomerDomainName CustomerCountry MpnId Tier2MpnId "
    "InvoiceNumber ProductId SkuId AvailabilityId SkuName ProductName PublisherName PublisherId "
    "SubscriptionDescription SubscriptionId ChargeStartDate ChargeEndDate UsageDate MeterType MeterCategory "
    "MeterId MeterSubCategory "
    "MeterName MeterRegion Unit ResourceLocation ConsumedService ResourceGroup ResourceURI ChargeType UnitPrice "
    "Quantity UnitType BillingPreTaxTotal BillingCurrency PricingPreTaxTotal PricingCurrency ServiceInfo1 "
    "ServiceInfo2 Tags AdditionalInfo EffectiveUnitPrice PCToBCExchangeRate PCToBCExchangeRateDate EntitlementId "
    "EntitlementDescription PartnerEarnedCreditPercentage CreditPercentage CreditType BenefitOrderId BenefitId "
    "BenefitType"
)
USAGE_HEADER = tuple(_USAGE_NAMES.split())
NOVEMBER_ORDER = (*USAGE_HEADER[:-3], "BenefitId", "BenefitOrderId", "BenefitType")
_LICENSE_NAMES = (
    "PartnerId CustomerId CustomerName MPNID ResellerMPNID OrderId SubscriptionId "
    "SyndicationPartnerSubscriptionNumber OfferId DurableOfferId OfferName SubscriptionStartDate "
    "SubscriptionEndDate ChargeStartDate ChargeEndDate ChargeType UnitPrice Quantity Amount TotalOtherDiscount "
    "Subtotal Tax TotalForCustomer Currency DomainName SubscriptionName SubscriptionDescription BillingCycleType"
)
LICENSE_HEADER = tuple(_LICENSE_NAMES.split())
_LEGACY_USAGE_NAMES = (
    "PartnerId PartnerName PartnerBillableAccountId CustomerCompanyName MPNID ResellerMPNID InvoiceNumber "
    "ChargeStartDate ChargeEndDate SubscriptionId SubscriptionName SubscriptionDescription OrderID ServiceName "
    "ServiceType ResourceGuid ResourceName Region Sku DetailLineItemId ConsumedQuantity IncludedQuantity "
    "OverageQuantity ListPrice PretaxCharges TaxAmount PostTaxTotal Currency PretaxEffectiveRate "
    "PostTaxEffectiveRate ChargeType CustomerId DomainName BillingCycleType Unit CustomerBillableAccount UsageDate "
    "MeteredRegion MeteredService MeteredServiceType Project ServiceInfo"
)
LEGACY_USAGE_HEADER = tuple(_LEGACY_USAGE_NAMES.split())


def used(**cells: str) -> dict[str, str]:
    """A day's use of one meter by Contoso for 1.00 EUR on G1, as a portal export of November 2025 writes it."""
    usual = {
        "CustomerId": CONTOSO,
        "CustomerName": "Contoso",
        "InvoiceNumber": "G000000001",
        "ProductName": "Virtual Machines",
        "SubscriptionId": "plan-1",
        "ChargeStartDate": "10/01/2026",
        "ChargeEndDate": "10/31/2026",
        "UsageDate": "10/05/2026",
        "MeterName": "D2 v3",
        "ChargeType": "Usage",
        "UnitPrice": "1.25",
        "Quantity": "8.00E-01",
        "BillingPreTaxTotal": "1.00E+00",
        "BillingCurrency": "EUR",
        "PricingCurrency": "USD",
        "EffectiveUnitPrice": "1.0625",
        "PCToBCExchangeRate": "1",
        "AdditionalInfo": '{"VMName": "a, \\"b\\""}',
    }
    return usual | cells


def licensed(**cells: str) -> dict[str, str]:
    """Two licences for Contoso at 11.00 EUR, as the documentation's sample."""
    usual = {
        "CustomerId": CONTOSO,
        "CustomerName": "Contoso",
        "SubscriptionId": "usCBMgAAAAAAAAIA",
        "SyndicationPartnerSubscriptionNumber": "fb977ab5-0000-0000-0000-24c8d9591708",
        "DurableOfferId": "1017D7F3",
        "OfferName": "Office 365 E3",
        "ChargeStartDate": "10/1/2026 0:00",
        "ChargeEndDate": "10/31/2026 23:59",
        "ChargeType": "Cycle fee",
        "UnitPrice": "6.82",
        "Quantity": "2",
        "Amount": "13.64",
        "TotalOtherDiscount": "2.64",
        "Subtotal": "11",
        "Tax": "0",
        "TotalForCustomer": "11",
        "Currency": "EUR",
    }
    return usual | cells


def legacy_used(**cells: str) -> dict[str, str]:
    """Legacy usage of Contoso for 0.50 EUR on D1, with the dollar sign of the documentation's sample."""
    usual = {
        "CustomerId": CONTOSO,
        "CustomerCompanyName": "Contoso",
        "InvoiceNumber": "D02005YFHI",
        "SubscriptionId": "azure-1",
        "ServiceName": "Virtual Machines",
        "ResourceName": "Compute Hours",
        "DetailLineItemId": "1",
        "ChargeStartDate": "10/1/2026 0:00",
        "ChargeEndDate": "10/31/2026 23:59",
        "ChargeType": "Assess usage fee for current cycle",
        "ConsumedQuantity": "11",
        "OverageQuantity": "11",
        "ListPrice": "$0.05",
        "PretaxCharges": "$0.50",
        "TaxAmount": "$0.00",
        "PostTaxTotal": "$0.50",
        "Currency": "EUR",
    }
    return usual | cells


def write_usage(
    folder: Path, rows: Sequence[Row], header: Sequence[str] = USAGE_HEADER, name: str = "G000000001_BilledUsage.csv"
) -> Path:
    """The rows as the portal writes daily usage."""
    return _write(folder / name, rows, header)


def write_licenses(folder: Path, rows: Sequence[Row], name: str = "D02005YFHI.csv") -> Path:
    """The rows as the portal writes a legacy licence file: no line names the invoice, the file does."""
    return _write(folder / name, rows, LICENSE_HEADER)


def write_legacy_usage(folder: Path, rows: Sequence[Row], name: str = "legacy-usage.csv") -> Path:
    """The rows as the portal writes a legacy usage file."""
    return _write(folder / name, rows, LEGACY_USAGE_HEADER)


def _write(path: Path, rows: Sequence[Row], header: Sequence[str]) -> Path:
    path.write_bytes(b"\xef\xbb\xbf" + text(rows, header))
    return path
