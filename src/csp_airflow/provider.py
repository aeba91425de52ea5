"""What this distribution tells Airflow about itself: the entry point `apache_airflow_provider`.

A connection form needs it, since a plugins folder can't register one. There is no connection type yet: the first one
comes with the first adapter that calls Microsoft.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any


def provider_info() -> dict[str, Any]:
    """The provider's description in the shape of Airflow's `provider_info.schema.json`."""
    return {
        "package-name": "csp-receivables",
        "name": "CSP Receivables",
        "description": "What a Microsoft Cloud Solution Provider is owed and owes, reconciled every day.",
        "versions": [version("csp-receivables")],
    }
