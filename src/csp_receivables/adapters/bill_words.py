"""An explained bill in words that a customer reads: `include/templates/bills/<language>/words.j2`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from csp_receivables.adapters.notices.wording import Wording, languages, wording
from csp_receivables.domain.charges.bill import Cause, ExplainedBill, Explanation

OTHERWISE = "en"
CAUSES_SHOWN_MAX = 40  # the largest; a customer reads no more, and `--json` has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class BillTable:
    """One currency's explanation, ready to be read: title, headings, rows; the last row is the bill of now."""

    title: str
    headings: tuple[str, str, str]
    rows: tuple[tuple[str, str, str], ...]


def bill_tables(bill: ExplainedBill, templates: Path, language: str = "") -> tuple[BillTable, ...]:
    """A table for each currency, in `language` or else the customer's, or else English."""
    wanted = language or bill.language.partition("-")[0]
    words = wording(templates, wanted if wanted in languages(templates) else OTHERWISE, bill.country)
    return tuple(_table(bill, one, words) for one in bill.explanations)


def _table(bill: ExplainedBill, one: Explanation, words: Wording) -> BillTable:
    causes, rest = one.causes[:CAUSES_SHOWN_MAX], one.causes[CAUSES_SHOWN_MAX:]
    before, after = (words.say("month", f"{day:%Y-%m}") for day in (bill.month_before, bill.month))
    rows = [
        (words.say("bill_of", before), "", _money(words, one.before, one.currency)),
        *((words.say(each.kind.value), _what(each, words), _signed(words, each.amount, one)) for each in causes),
        *_others(rest, one, words),
        (words.say("bill_of", after), "", _money(words, one.after, one.currency)),
    ]
    return BillTable(
        title=words.say("title_at_cost" if bill.at_cost else "title", bill.name, after),
        headings=(words.say("column_cause"), words.say("column_what"), words.say("column_amount")),
        rows=tuple(rows),
    )


def _others(rest: Sequence[Cause], one: Explanation, words: Wording) -> list[tuple[str, str, str]]:
    """All that is not shown one by one, as one row: the table adds up all the same."""
    if not rest:
        return []
    amount = sum(each.amount for each in rest)
    return [(words.say("others"), words.say("others_what", len(rest)), _signed(words, amount, one))]


def _what(cause: Cause, words: Wording) -> str:
    product = cause.product or cause.subscription_id
    if cause.seats_before is not None and cause.seats_after is not None:
        return words.say("from_to", product, _seats(cause.seats_before), _seats(cause.seats_after))
    return f"{product}: {cause.meter}" if cause.meter else product


def _seats(seats: Decimal) -> str:
    return f"{seats.normalize():f}"


def _money(words: Wording, minor: int, currency: str) -> str:
    return words.manner.money(minor, currency)


def _signed(words: Wording, minor: int, one: Explanation) -> str:
    shown = _money(words, minor, one.currency)
    return f"+{shown}" if minor > 0 else shown
