"""What this distribution tells Airflow about itself: the entry point `apache_airflow_provider`.

A connection's form needs it, since a plugins folder can't register one. Airflow reads the form from here without
importing the hook; a field named like a secret (`private_key`) is masked on pages, in logs and by the API.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

_TEXT = {"type": ["string", "null"]}


def provider_info() -> dict[str, Any]:
    """The provider's description in the shape of Airflow's `provider_info.schema.json`."""
    return {
        "package-name": "csp-receivables",
        "name": "CSP Receivables",
        "description": "What a Microsoft Cloud Solution Provider is owed and owes, reconciled every day.",
        "versions": [version("csp-receivables")],
        "connection-types": [_partner_center()],
    }


def _partner_center() -> dict[str, Any]:
    return {
        "connection-type": "partner_center",
        "hook-class-name": "csp_airflow.partner_center.PartnerCenterHook",
        "hook-name": "Microsoft Partner Center",
        "conn-fields": {
            "tenant_id": {
                "label": "Tenant id",
                "schema": {"type": "string"},
                "description": "The partner's own tenant: its id, or its domain, as in partner.onmicrosoft.com",
            },
            "private_key": {
                "label": "Certificate and private key (PEM)",
                "schema": {**_TEXT, "format": "password"},
                "description": "Instead of a client secret, and better. Paste both; line ends don't matter",
            },
            "thumbprint": {
                "label": "Certificate thumbprint (SHA-1)",
                "schema": _TEXT,
                "description": "Only where the PEM holds the key alone",
            },
            "cloud": {
                "label": "Cloud",
                "schema": {"type": ["string", "null"], "enum": ["global", "us_gov", "china"], "default": "global"},
                "description": "Exports of charges exist in the global cloud only",
            },
            "with_user": {
                "label": "App and user",
                "schema": {"type": ["boolean", "null"], "default": False},
                "description": "On where the calls need a person's rights: save, then let them consent by "
                "`csp airflow consent`. Balances of all currencies and service requests need it",
            },
            "base": {
                "label": "Address of the emulator",
                "schema": _TEXT,
                "description": "Empty: Microsoft. A demonstration takes the emulator only, a real ledger never",
            },
        },
        "ui-field-behaviour": {
            "hidden-fields": ["host", "port", "schema", "extra"],
            "relabeling": {"login": "Client id", "password": "Client secret"},
            "placeholders": {  # of standard fields only: Airflow shows none of ours
                "login": "Application (client) id of the app registration",
                "password": "Empty where a certificate proves the app",
            },
        },
    }
