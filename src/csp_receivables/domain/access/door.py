"""May anything at Microsoft be changed now? One pure answer that is asked before every change."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What the answer depends on, at the moment it is asked."""

    is_demo: bool  # the ledger is a demonstration
    is_emulator: bool  # the actor speaks to the emulator
    is_production: bool  # the setting and the ledger's own mark say so, both
    stop: str = ""  # why everything is stopped; "": it is not
    historical: str = ""  # why the run that asks speaks for the past; "": it does not


def why_closed(door: Door) -> str:
    """Why nothing may be changed; "" when it may."""
    if door.historical:
        return door.historical
    if door.stop:
        return door.stop
    if door.is_demo != door.is_emulator:
        return "a demonstration speaks to the emulator only, a real ledger to Microsoft only"
    if not door.is_demo and not door.is_production:
        return "no production, by the settings or the ledger's mark: nothing at Microsoft is changed"
    return ""
