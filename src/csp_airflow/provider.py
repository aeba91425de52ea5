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
                "description": "The partner's own tenant: its id, or its domain",
            },
            "private_key": {
                "label": "Certificate and private key (PEM)",
                "schema": {**_TEXT, "format": "password"},
                "description": "Instead of a client secret; preferred. Line ends may be lost on the way",
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
                "description": "A person consented with MFA; the rolling refresh token lies in a Variable named "
                "like the connection with _refresh_token at its end",
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
            "placeholders": {"login": "Application (client) id", "tenant_id": "partner.onmicrosoft.com"},
        },
    }
