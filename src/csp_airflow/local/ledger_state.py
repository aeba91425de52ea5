"""The ledger before and after a run: made on first use, with the sample month where there is nothing of one's own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from csp_airflow.local.environment import Place
from csp_receivables.settings import BadSetting, Settings, demo_clock, write_demo_clock
from csp_receivables.wiring import make_home, mark_of, open_ledger, rows_kept

MORNING = time(6)  # when the daily run starts, in the partner's time zone
PURPOSES = ("accounting", "bank")  # what lies in microsoft/ the emulator tells


@dataclass(frozen=True, slots=True)
class State:
    """What a run may change: rows of each table, and the digest of each file under outputs/."""

    rows: Mapping[str, int]
    outputs: Mapping[str, str]


def prepare(place: Place, environment: Mapping[str, str] = os.environ) -> Place:
    """Make the ledger. A new one with empty inboxes becomes a demonstration: with the sample, its clock standing still.
    In production none does.

    Returns the place with the settings as they are from now on. Repeating it changes nothing; what a killed run left
    half laid is laid whole.
    """
    settings = place.settings
    make_home(settings)
    kind = mark_of(settings)
    begun = bool(demo_clock(settings.home, environment))
    if kind is None and not settings.is_production and (begun or not _own_files(settings)):
        # The mark comes last: without it the next run does all of this again. The clock comes first: nothing may be
        # recorded later than it stands.
        settings = _stop_the_clock(settings, environment)
        _lay_sample(settings)
        kind = "demo"
    open_ledger(settings, kind or "real").engine.dispose()
    return replace(place, settings=settings)


def state_of(settings: Settings) -> State:
    """The state now."""
    files = (path for path in sorted(settings.outputs.rglob("*")) if path.is_file() and not path.name.startswith("."))
    outputs = {str(path.relative_to(settings.outputs)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return State(rows_kept(settings), outputs)


def _own_files(settings: Settings) -> bool:
    return any(path.is_file() for path in settings.inbox.rglob("*"))


def _stop_the_clock(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """Let the clock stand at the morning after the sample's last day, unless CSP_CLOCK says otherwise."""
    last_day = _last_day(settings.include / "sample")
    morning = datetime.combine(last_day + timedelta(days=1), MORNING, settings.time_zone)
    write_demo_clock(settings.home, environment, morning)
    return replace(settings, fixed_clock=settings.fixed_clock or morning)


def _lay_sample(settings: Settings) -> None:
    for purpose in PURPOSES:
        for file in sorted((settings.include / "sample" / "inbox" / purpose).iterdir()):
            _copy(file, settings.inbox / purpose / file.name)


def _copy(file: Path, target: Path) -> None:
    """Copy under another name first: whoever takes files must never see half of one."""
    beside = target.with_name(f".{target.name}.part")
    shutil.copyfile(file, beside)
    beside.rename(target)


def _last_day(sample: Path) -> date:
    """The last day that the sample speaks of. Raises BadSetting where no sample is."""
    if not sample.is_dir():
        raise BadSetting(
            f"CSP_INCLUDE: {sample} is not there, which a new ledger shows; put your own files into its inbox first"
        )
    days = json.loads((sample / "expected.json").read_text())["days"]
    return date.fromisoformat(max(days))
