"""Where adapters meet the steps that ask Microsoft: `wiring` in a file of its own, for what comes over the wire."""

from __future__ import annotations

import os
from collections.abc import Mapping

from csp_receivables.adapters.partner_center.reader import Reader, open_reader, patient
from csp_receivables.microsoft_ports import RefreshTokens
from csp_receivables.microsoft_settings import READER, Identity, identity_of_environment
from csp_receivables.settings import Settings

__all__ = ["Reader"]


def reader_of_environment(environment: Mapping[str, str] = os.environ) -> Identity | None:
    """Who reads at Microsoft, for the command line; None where nobody is named. Raises BadSetting."""
    return identity_of_environment(READER, environment)


def microsoft_reader(settings: Settings, identity: Identity, refresh_tokens: RefreshTokens | None = None) -> Reader:
    """What may be read at Microsoft. Close it when done."""
    return open_reader(identity, patient(settings.clock), refresh_tokens)
