"""The simulated partner's house: its policies, its ledger, its clock, and servers on loopback for the world outside.

The production code runs unchanged; what makes it cheap is `cheap`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.mail_settings import MailSettings
from csp_receivables.microsoft_settings import Identity, cloud_named
from csp_receivables.settings import Settings
from emulator.clock import Clock
from emulator.server import Emulator
from tests.letters import STOCKHOLM, mail
from tests.mail_server import MailServer
from tests.migrated import migrated_bytes

INCLUDE = Path(__file__).parents[3] / "include"
WARNED_DAYS_MIN, WARNED_DAYS_MAX = 3, 12
FEED_HOURS_MAX = 72
NOTICES_MAX, NOTICES_SHARE, NOTICES_CANARY = 40, 700, 2
SUSPENSIONS_MAX, SUSPENSIONS_SHARE, SUSPENSIONS_CANARY = 4, 500, 1
REINSTATE_BELOW = 10_00  # minor units
POLICY = f"""
name: simulated
live_from: 2026-01-01
dry_days: 0
grace_days: 0
languages: [en]
minimum:
  SEK: {{amount: 100, receivables: 1}}
stages:
  - {{name: reminder, act: send_notice, template: reminder, when: {{days_min: 2}}}}
  - {{name: final_notice, act: send_notice, template: final_notice, when: {{days_min: 4}}, days_after_previous_min: 2}}
  - name: suspension
    act: propose_suspension
    template: suspension
    when: {{days_min: 7}}
    warned_by: {{stage: final_notice, days_min: {WARNED_DAYS_MIN}, days_max: {WARNED_DAYS_MAX}}}
part_payment_pause_days: 2
reinstate_below: {{SEK: {REINSTATE_BELOW // 100}}}
working_days_only: true
quiet_hours: {{begins: "18:00", ends: "08:00"}}
feed_hours_max: {FEED_HOURS_MAX}
notices: {{number_max: {NOTICES_MAX}, share_per_mille_max: {NOTICES_SHARE}, canary: {NOTICES_CANARY}}}
suspensions: {{number_max: {SUSPENSIONS_MAX}, share_per_mille_max: {SUSPENSIONS_SHARE}, canary: {SUSPENSIONS_CANARY}}}
"""

ACCESS = """
only_unpaid: true
questions_max: 20
approval_days: 3
renewal_hours: 24
hours_before_days_off: 4
value_per_mille_max: 1000
matched_drop_per_mille_max: 1000
settle_minutes: 10
tries_max: 5
restore_tries_max: 20
deadline_days: 14
"""


def make_include(folder: Path) -> Path:
    """What finance of the simulated partner keeps: a quick ladder, a seller that is no example, nothing else."""
    include = folder / "include"
    for name in ("accounting", "bank", "banks", "fonts"):
        shutil.copytree(INCLUDE / name, include / name)
    for language in ("en",):
        shutil.copytree(INCLUDE / "templates" / "notices" / language, include / "templates" / "notices" / language)
    for path in (INCLUDE / "templates" / "notices").glob("*.j2"):
        shutil.copy(path, include / "templates" / "notices")
    policies = include / "policies"
    policies.mkdir()
    (policies / "collections.yaml").write_text(POLICY, encoding="utf-8")
    (policies / "access.yaml").write_text(ACCESS, encoding="utf-8")
    shutil.copy(INCLUDE / "policies" / "support_terms.yaml", policies)
    seller = (INCLUDE / "policies" / "seller.yaml").read_text(encoding="utf-8")
    (policies / "seller.yaml").write_text(seller.replace("is_example: true", "is_example: false"), encoding="utf-8")
    return include


@dataclass(slots=True)
class SimulatedClock:
    """The one clock of a simulated world; it moves when somebody moves it, and only forward."""

    emulator: Clock  # Microsoft's is the same

    @property
    def now(self) -> datetime:
        return self.emulator.now

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        """Seconds that only grow."""
        return self.now.timestamp()

    def set(self, day: date, hour: int, minute: int = 0) -> None:
        """Go to this hour of the partner's day, unless it is later already."""
        self.emulator.set(max(self.now, datetime.combine(day, time(hour, minute), STOCKHOLM)))

    def advance(self, pause: timedelta) -> None:
        """Let time pass."""
        self.emulator.advance(pause.total_seconds())

    @property
    def today(self) -> date:
        return self.now.astimezone(STOCKHOLM).date()


@dataclass(frozen=True, kw_only=True)
class MovingSettings(Settings):
    """Settings whose clock goes on: for tasks that wait for Microsoft."""

    moving: SimulatedClock

    @classmethod
    def of(cls, settings: Settings, clock: SimulatedClock) -> MovingSettings:
        return cls(**{each.name: getattr(settings, each.name) for each in fields(Settings)}, moving=clock)

    def clock(self) -> datetime:
        return self.moving.now


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Where a simulated partner lives. `ledger` is that of whoever looks; a process gets one of its own."""

    root: Path
    clock: SimulatedClock
    ledger: Ledger
    ledger_url: str
    server: MailServer
    emulator: Emulator
    include: Path
    forget: Callable[[], None]  # what was computed before: the next one works it out again
    zone: ZoneInfo = field(default=STOCKHOLM)

    @property
    def settings(self) -> Settings:
        """Settings whose clock stands at this moment, as a task gets them."""
        return Settings(
            home=self.root,
            ledger_url=self.ledger_url,
            time_zone=self.zone,
            environment="production",
            fixed_clock=self.clock.now,
            include=self.include,
        )

    @property
    def mail(self) -> MailSettings:
        made = mail(self.server.port)
        assert made.server is not None
        return replace(made, server=replace(made.server, timeout_seconds=5))

    def inbox(self, purpose: str) -> Path:
        return self.root / "inbox" / purpose

    def identity(self, name: str) -> Identity:
        """Who we are at Microsoft, which the emulator stands in for."""
        cloud = cloud_named("simulated", "global", self.emulator.url)
        tenant = self.emulator.world.partner.tenant_id
        return Identity(name=name, tenant_id=tenant, client_id=name, cloud=cloud, secret="a-secret-of-the-simulation")


def migrated_ledger(folder: Path) -> Path:
    """An empty ledger to copy."""
    path = folder / "migrated.db"
    path.write_bytes(migrated_bytes())
    return path
