"""A refresh token's age: it lives ninety days from its last use and dies silently (microsoft.md 5)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from csp_receivables.domain.findings import Finding, Severity

LIFETIME = timedelta(days=90)  # from the last use
UNUSED_ALARM = timedelta(days=60)  # of ninety: time enough for a person to consent again


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """What speaks for app and user together. Each use returns a new one."""

    token: str = field(repr=False)
    stored_at: datetime  # UTC; when it was last used, since each use stores a new one


@dataclass(frozen=True, slots=True, kw_only=True)
class AgingToken:
    """A refresh token lay unused for so long that it may soon be dead: a person should see why."""

    identity: str
    since: datetime  # UTC, of its last use


def aging(identity: str, token: RefreshToken, now: datetime) -> AgingToken | None:
    """The warning, from the sixtieth day on which the token was not used."""
    return AgingToken(identity=identity, since=token.stored_at) if now - token.stored_at >= UNUSED_ALARM else None


def aging_finding(aged: AgingToken) -> Finding:
    """What a person should look at before the consent dies."""
    return Finding(
        code="microsoft.consent_ages",
        severity=Severity.WARNING,
        found=f"the consent of {aged.identity} was not used since {aged.since:%Y-%m-%d}; unused it dies "
        f"on {aged.since + LIFETIME:%Y-%m-%d}",
        remedy="Each sign-in renews it: see why there was none. If it is meant to rest, consent again before that day: "
        "docs/OPERATIONS.md, Two app registrations",
        source="microsoft",
        subject=aged.identity,
    )


def kept_text(token: RefreshToken) -> str:
    """The token as it is kept by whoever stores it."""
    return json.dumps({"token": token.token, "stored_at": token.stored_at.isoformat()})


def from_kept(text: str, now: datetime) -> RefreshToken | None:
    """What was kept; a bare token, as a person puts it there after consenting, counts as stored now. None: nothing.

    Raises ValueError, without the text, where it is damaged.
    """
    stripped = text.strip()
    if not stripped.startswith("{"):
        return RefreshToken(token=stripped, stored_at=now) if stripped else None
    try:
        kept = json.loads(stripped)
        return RefreshToken(token=str(kept["token"]), stored_at=datetime.fromisoformat(kept["stored_at"]))
    except (ValueError, KeyError, TypeError):
        raise ValueError("the kept refresh token is damaged; consent again and store the new one") from None
