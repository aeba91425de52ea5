"""`csp reference`: is a text a payment reference, and which reference belongs on a receivable."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_table
from csp_receivables.domain.references import (
    Agreement,
    Kind,
    NotAReference,
    OcrLevel,
    Reference,
    issue_ocr,
    issue_rf,
    readings,
    validate,
)
from csp_receivables.domain.references_in_text import extract

reference_app = typer.Typer(help="Payment references: OCR, RF, KID, viite, OGM, QR.", no_args_is_help=True)


class Issued(StrEnum):
    """What can be issued: the partner is the creditor of these only."""

    OCR = "ocr"
    RF = "rf"


LevelOption = Annotated[OcrLevel, typer.Option("--level", help="What the agreement on OCR checks.")]
LengthOption = Annotated[list[int] | None, typer.Option("--length", help="Agreed length, for --level fixed.")]


@reference_app.command()
def check(
    text: Annotated[str, typer.Argument(help="A reference, or a text with one in it.")],
    kind: Annotated[Kind | None, typer.Option("--kind", help="Only this kind.")] = None,
    level: LevelOption = OcrLevel.CHECK,
    length: LengthOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which references TEXT is, or has in it. Exit code 2 when there is none."""
    agreement = _agreement(level, length)
    if kind is None:
        found = readings(text, agreement) or extract(text, agreement=agreement)
    else:
        found = _of_kind(text, kind, agreement)
    if not found:
        raise Refused(f"{text!r} is no payment reference and has none in it; look for a wrong or missing digit")
    _show(found, as_json=as_json)


@reference_app.command()
def issue(
    number: Annotated[str, typer.Argument(help="The number of the invoice.")],
    kind: Annotated[Issued, typer.Option("--kind", help="Which reference to make.")],
    level: LevelOption = OcrLevel.LENGTH,
    length: LengthOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the reference to print on the invoice NUMBER."""
    try:
        made = issue_rf(number) if kind is Issued.RF else issue_ocr(number, _agreement(level, length))
    except NotAReference as error:
        raise Refused(f"{error}. Give the number as it should be paid with") from None
    _show((made,), as_json=as_json)


def _agreement(level: OcrLevel, lengths: list[int] | None) -> Agreement:
    if (level is OcrLevel.FIXED) != bool(lengths):
        raise Refused("--level fixed needs the agreed lengths (--length N), and no other level has any")
    return Agreement(ocr=level, ocr_lengths=frozenset(lengths or ()))


def _of_kind(text: str, kind: Kind, agreement: Agreement) -> tuple[Reference, ...]:
    try:
        return (validate(text, kind, agreement),)
    except NotAReference as error:
        if found := extract(text, (kind,), agreement):
            return found
        raise Refused(f"{error}. Look for a wrong or missing digit") from None


def _show(references: tuple[Reference, ...], *, as_json: bool) -> None:
    if as_json:
        emit_json([{"kind": each.kind.value, "text": each.text, "printed": each.printed} for each in references])
        return
    rows = [(each.kind.value, each.text, each.printed) for each in references]
    show_table("References", ("kind", "reference", "printed"), rows)
