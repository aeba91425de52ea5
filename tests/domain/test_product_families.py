"""The family of a product by kind, id and name."""

from __future__ import annotations

import pytest

from csp_receivables.domain.microsoft.families import family_of
from csp_receivables.domain.microsoft.subscriptions import Family

AZURE, M365, D365, OTHER = Family.AZURE, Family.MICROSOFT_365, Family.DYNAMICS_365, Family.OTHER


@pytest.mark.parametrize(
    ("product_type", "offer_id", "name", "family"),
    [
        ("Azure", "DZH318Z0BPS6:0001:DZH318Z0BMTX", "Azure plan", AZURE),
        ("", "DZH318Z0BPS6:0001:DZH318Z0BMTX", "", AZURE),
        ("", "MS-AZR-0145P", "Microsoft Azure", AZURE),
        ("AzureReservation", "x", "Reserved VM Instance, D2", AZURE),
        ("AzureSavingsPlan", "x", "", AZURE),
        ("OnlineServicesNCE", "x", "Microsoft 365 Business Basic", M365),
        ("OnlineServicesNCE", "x", "Office 365 E3", M365),
        ("OnlineServicesNCE", "x", "Exchange Online (Plan 1)", M365),
        ("OnlineServicesNCE", "x", "Microsoft Teams Phone Standard", M365),
        ("OnlineServicesNCE", "x", "Enterprise Mobility + Security E5", M365),
        ("OnlineServicesNCE", "x", "Azure Active Directory Premium P1", M365),
        ("OnlineServicesNCE", "x", "Dynamics 365 Sales Enterprise", D365),
        ("OnlineServicesNCE", "x", "Dynamics 365 Business Central Essentials", D365),
        ("OnlineServicesNCE", "x", "Microsoft Dynamics CRM Online", D365),
        ("OnlineServicesNCE", "x", "Power BI Pro", OTHER),
        ("Software", "x", "SQL Server Enterprise - 2 Core License Pack - 3 year", OTHER),
        ("Software", "x", "Dynamics 365 on-premises CAL", OTHER),  # nothing there can be switched off
        ("Perpetual", "x", "Office 365 look-alike", OTHER),
        ("SaaS", "x", "Backup for Microsoft 365", OTHER),
        ("", "", "", OTHER),
    ],
)
def test_kind_then_id_then_name_decide(product_type: str, offer_id: str, name: str, family: Family) -> None:
    assert family_of(product_type, offer_id, name) is family
    assert family_of(product_type.upper(), offer_id, name.upper()) is family
