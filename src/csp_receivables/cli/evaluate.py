"""`csp evaluate`: how right cash application is in a world whose truth is known."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import worlds_wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_table
from csp_receivables.domain.accuracy import Accuracy
from csp_receivables.domain.money import to_text
from csp_receivables.settings import Settings

Folder = Annotated[Path, typer.Argument(help="A folder that `csp generate` made.")]
_WRONG_SHOWN = 20


Until = Annotated[
    datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Play the days up to this one; else all.")
]


def evaluate(folder: Folder, until: Until = None, as_json: JsonOption = False) -> None:
    """Import the world's files, book day by day with this partner's policy, and compare with the truth."""
    try:
        found = worlds_wiring.evaluate_world(Settings.from_environment(), folder, until.date() if until else None)
    except worlds_wiring.REFUSALS as refusal:
        raise Refused(str(refusal)) from None
    if as_json:
        emit_json(_as_json(found))
    else:
        _show(found)


def share(part: int, whole: int) -> str:
    """Per cent of a hundredth's precision, rounded down: 99.99 is never shown for less."""
    return "–" if whole == 0 else f"{part * 10_000 // whole / 100:.2f} %"


def _as_json(found: Accuracy) -> dict[str, object]:
    return {
        "days": found.days,
        "payments": found.payments,
        "booked": found.booked,
        "with_reference": found.with_reference,
        "with_reference_booked": found.with_reference_booked,
        "bookings": found.bookings,
        "right": found.right,
        "suggested": found.suggested,
        "right_first": found.right_first,
        "conserved": found.is_conserved,
        "rules": [asdict(rule) for rule in found.rules],
        "habits": [asdict(habit) for habit in found.habits],
        "values": [
            {"currency": value.currency, "conserved": value.is_conserved}
            | {
                name: to_text(getattr(value, name), value.currency)
                for name in ("booked", "right", "received", "allocated", "unapplied")
            }
            for value in found.values
        ],
        "wrong": [
            asdict(wrong)
            | {name: to_text(getattr(wrong, name), wrong.currency) for name in ("amount", "booked_amount")}
            for wrong in found.wrong
        ],
    }


def _show(found: Accuracy) -> None:
    headline = (
        ("automatic bookings that are right", share(found.right, found.bookings), f"{found.right} of {found.bookings}"),
        (
            "payments with a structured reference booked",
            share(found.with_reference_booked, found.with_reference),
            f"{found.with_reference_booked} of {found.with_reference}",
        ),
        ("all payments booked", share(found.booked, found.payments), f"{found.booked} of {found.payments}"),
        (
            "suggestions right in first place",
            share(found.right_first, found.suggested),
            f"{found.right_first} of {found.suggested}",
        ),
        ("received = allocated + unapplied", "yes" if found.is_conserved else "NO", ""),
    )
    show_table(f"{found.payments} payments over {found.days} days", ("", "", "count"), headline, right=("count",))
    columns = ("rule", "booked", "right", "precision", "suggested", "right first", "share")
    rows = [
        (
            rule.rule, str(rule.booked), str(rule.right), share(rule.right, rule.booked),
            str(rule.suggested), str(rule.right_first), share(rule.right_first, rule.suggested),
        )
        for rule in found.rules
    ]  # fmt: skip
    show_table("By rule", columns, rows, right=columns[1:])
    _show_values(found)
    _show_habits(found)
    for wrong in found.wrong[:_WRONG_SHOWN]:
        print(
            f"WRONG {wrong.booked_on} {to_text(wrong.amount, wrong.currency)} {wrong.currency} of {wrong.customer_id} "
            f"({wrong.habit}, {wrong.says}): {wrong.rule} booked {to_text(wrong.booked_amount, wrong.currency)} on "
            f"{wrong.receivable_id} of {wrong.booked_customer}; true is {wrong.truth} ({wrong.because})"
        )
    if len(found.wrong) > _WRONG_SHOWN:
        print(f"… and {len(found.wrong) - _WRONG_SHOWN} more; --json lists them all")


def _show_values(found: Accuracy) -> None:
    columns = ("currency", "received", "allocated", "unapplied", "precision by value")
    rows = [
        (
            value.currency,
            *(to_text(amount, value.currency) for amount in (value.received, value.allocated, value.unapplied)),
            share(value.right, value.booked),
        )
        for value in found.values
    ]
    show_table("By currency", columns, rows, right=columns[1:])


def _show_habits(found: Accuracy) -> None:
    columns = ("habit", "says", "payments", "booked", "wrong", "suggested", "right first")
    rows = [
        (
            each.habit, each.says, str(each.payments), str(each.booked), str(each.wrong), str(each.suggested),
            str(each.right_first),
        )
        for each in found.habits
    ]  # fmt: skip
    show_table("By habit of the payer", columns, rows, right=columns[2:])
