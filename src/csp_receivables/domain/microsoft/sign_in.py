"""A refresh token's age: it lives ninety days from its last use and dies silently (microsoft.md 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
    unused: timedelta


def aging(identity: str, token: RefreshToken, now: datetime) -> AgingToken | None:
    """The warning, from the sixtieth day on which the token was not used."""
    unused = now - token.stored_at
    return AgingToken(identity=identity, unused=unused) if unused >= UNUSED_ALARM else None
