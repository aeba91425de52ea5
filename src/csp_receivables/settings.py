"""Frozen settings, read from the environment by `Settings.from_environment` and nowhere else."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from csp_receivables.domain.payables.settling import PAYMENT_TERM_DAYS

Clock = Callable[[], datetime]

PRODUCTION = "production"
ENVIRONMENTS = ("development", PRODUCTION)
DEMO_FILE = "demo.json"  # in CSP_HOME, beside a ledger that the sample made
_USUAL_TERM = str(PAYMENT_TERM_DAYS)
TERM_DAYS_MAX = 3_650  # ten years: more is a slip of the key, and would leave the calendar


class BadSetting(ValueError):
    """A setting has a value that can't be used; the message names it and says what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things lie and which rules of the house apply. All paths are absolute."""

    home: Path
    ledger_url: str
    time_zone: ZoneInfo
    environment: str = "development"
    fixed_clock: datetime | None = None  # demonstrations and tests: the moment that is "now"
    vendor_term_days: int = PAYMENT_TERM_DAYS
    seller: str = "partner"  # who issues the receivables when a file does not say
    include: Path = Path("include")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read CSP_HOME, CSP_LEDGER_URL, CSP_TIME_ZONE, CSP_ENVIRONMENT, CSP_CLOCK, CSP_VENDOR_TERM_DAYS …"""
        home = Path(environment.get("CSP_HOME") or "var").resolve()
        kind = _one_of("CSP_ENVIRONMENT", environment.get("CSP_ENVIRONMENT") or "development", ENVIRONMENTS)
        return cls(
            home=home,
            ledger_url=environment.get("CSP_LEDGER_URL") or sqlite_url(home / "ledger.db"),
            time_zone=_zone(environment.get("CSP_TIME_ZONE") or "Europe/Stockholm"),
            environment=kind,
            fixed_clock=_fixed_clock(environment.get("CSP_CLOCK") or demo_clock(home, environment), kind),
            vendor_term_days=_days(
                "CSP_VENDOR_TERM_DAYS", environment.get("CSP_VENDOR_TERM_DAYS") or f"{PAYMENT_TERM_DAYS}"
            ),
            seller=environment.get("CSP_SELLER") or "partner",
            include=_include(environment.get("CSP_INCLUDE") or ""),
        )

    def clock(self) -> datetime:
        """Now, in UTC: the fixed moment where one is set, else the machine's."""
        return self.fixed_clock or datetime.now(UTC)

    @property
    def is_production(self) -> bool:
        """What the setting says; whether anything may act is for `Ledger.is_production`, which asks the ledger too."""
        return self.environment == PRODUCTION

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def outputs(self) -> Path:
        return self.home / "outputs"

    def yesterday(self) -> date:
        """The day a live reconciliation speaks for: the partner's yesterday."""
        return self.clock().astimezone(self.time_zone).date() - timedelta(days=1)


def sqlite_url(file: Path) -> str:
    """A file as the address of its database, in which a question mark would end the file's name and %41 be an A."""
    return f"sqlite:///{file}".replace("%", "%25").replace("?", "%3F")


def write_demo_clock(home: Path, environment: Mapping[str, str], moment: datetime) -> None:
    """Let the demonstration's clock stand at `moment`, for whatever uses this home with this ledger from now on."""
    demo = {"clock": moment.isoformat(), "ledger": _ledger_mark(environment)}
    beside = home / f".{DEMO_FILE}"  # whoever reads must never see half of it: no command could start any more
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(demo, indent=2) + "\n")
    beside.replace(home / DEMO_FILE)


def demo_clock(home: Path, environment: Mapping[str, str]) -> str:
    """The moment at which a demonstration's clock stands; "" for any other ledger, also one used from the same home."""
    file = home / DEMO_FILE
    if not file.exists():
        return ""
    demo = json.loads(file.read_text())
    return str(demo["clock"]) if demo["ledger"] == _ledger_mark(environment) else ""


def _ledger_mark(environment: Mapping[str, str]) -> str:
    """Tells one ledger's address from another's without keeping it: it may hold a password."""
    return hashlib.sha256((environment.get("CSP_LEDGER_URL") or "").encode()).hexdigest()[:16]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadSetting(f"CSP_TIME_ZONE={name!r} is no time zone; use a name such as Europe/Stockholm") from None


def _include(named: str) -> Path:
    """The folder of policies and templates: as named, else here, else in the checkout this package runs from."""
    if named and not Path(named).is_dir():
        raise BadSetting(f"CSP_INCLUDE={named!r} is no folder; name the one that holds policies and templates")
    here = Path(named or "include")
    return (here if here.is_dir() else Path(__file__).parents[2] / "include").resolve()


def _fixed_clock(text: str, environment: str) -> datetime | None:
    if text and environment == PRODUCTION:
        raise BadSetting("CSP_CLOCK is set in production, where time must pass; unset it (demo.json counts as set)")
    return parse_moment(text, "CSP_CLOCK") if text else None


def parse_moment(text: str, name: str) -> datetime:
    """A moment with its offset from UTC, as UTC. BadSetting, naming what gave it, when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadSetting(f"{name}={text!r} is no moment; use ISO 8601 such as 2026-11-01T06:00:00+01:00") from None
    if moment.tzinfo is None:
        raise BadSetting(f"{name}={text!r} lacks its offset from UTC; write 2026-11-01T06:00:00+01:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise BadSetting(f"{name}={text!r} lies outside the calendar; give a moment of this century") from None


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise BadSetting(f"{name}={value!r} is not one of {', '.join(allowed)}")
    return value


def _days(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) <= TERM_DAYS_MAX):
        raise BadSetting(f"{name}={value!r} is no whole number of days up to {TERM_DAYS_MAX}")
    return int(value)
