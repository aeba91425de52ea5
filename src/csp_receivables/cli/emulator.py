"""`csp emulator`: a pretend Partner Center and Graph on this machine, until Ctrl-C."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csp_receivables.cli.output import Refused

if TYPE_CHECKING:
    from emulator.state import World

From = Annotated[Path | None, typer.Option("--from", help="Folder with *.invoice.json and reconciliation files.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Make a partner up; the same seed, the same partner.")]
Customers = Annotated[int, typer.Option("--customers", min=1, max=100_000, help="How many customers to make up.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free port.")]
Now = Annotated[str, typer.Option("--clock", help="Its moment, as 2026-11-08T06:00:00Z; it stands still until moved.")]
FaultSeed = Annotated[int | None, typer.Option("--faults", min=0, help="Faults at random from this seed.")]
PollSeconds = Annotated[int, typer.Option("--poll-seconds", min=1, help="How long it asks to wait for an export.")]


def emulator(  # noqa: PLR0917 - each is an option of the command
    folder: From = None,
    seed: Seed = 1,
    customers: Customers = 50,
    port: Port = 8765,
    clock: Now = "",
    faults: FaultSeed = None,
    poll_seconds: PollSeconds = 10,
) -> None:
    """Serve a partner as Microsoft would: sign-in, Partner Center, Graph billing. Nothing leaves this machine."""
    try:
        from emulator.faults import Faults
        from emulator.server import Emulator
    except ModuleNotFoundError as missing:
        raise Refused(f"this installation has no emulator ({missing.name} is not installed)") from None
    world = _world(folder, seed, customers, _moment(clock))
    world.behaviour = replace(world.behaviour, poll_after_seconds=poll_seconds)
    if faults is not None:
        world.faults.random = Faults(seed=faults)
    try:
        served = Emulator(world, port)
    except OSError as taken:
        raise Refused(f"port {port} cannot be used: {taken.strerror}; name another with --port") from None
    print(
        f"Emulator of Microsoft at {served.url}, {len(world.customers)} customers, {len(world.invoices)} invoices; "
        f"its clock stands at {world.clock.now:%Y-%m-%d %H:%M} UTC.\n"
        f"  sign-in          {served.url}/{world.partner.tenant_id} (any client id and secret)\n"
        f"  Partner Center   {served.url}/v1\n"
        f"  Graph            {served.url}/v1.0\n"
        f"  as our reader    CSP_PARTNER_CENTER_READER="
        f"'partner-center://emulator:secret@{world.partner.tenant_id}?base={served.url}'\n"
        f"  its controls     {served.url}/_emulator (clock, faults, log)\n"
        "Ctrl-C ends it.",
        flush=True,
    )
    with suppress(KeyboardInterrupt):  # how it is meant to end
        served.serve()


def _world(folder: Path | None, seed: int, customers: int, now: datetime | None) -> World:
    from emulator.loading import NothingToShow, load_folder, made_up

    if folder is None:
        return made_up(seed, customers, now=now)
    if not folder.is_dir():
        raise Refused(f"{folder} is not a folder")
    try:
        return load_folder(folder, now)
    except NothingToShow as nothing:
        raise Refused(str(nothing)) from None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(f"--clock {text} is not a moment; write it as 2026-11-08T06:00:00Z") from None
