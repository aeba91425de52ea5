"""The report as parts: one screen that says it all, then the detail. Mail, text and PDF are laid out from the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csp_receivables.adapters.escalation.words import BUCKETS, MEASURES, SECTIONS, age, amount, figure
from csp_receivables.adapters.notices.outside import header_text, one_line
from csp_receivables.adapters.notices.parts import (
    Bar,
    Bars,
    Document,
    Facts,
    Heading,
    Lines,
    Paragraph,
    Part,
    Row,
    Table,
)
from csp_receivables.domain.escalation.items import Item, Section
from csp_receivables.domain.escalation.measures import Measure
from csp_receivables.domain.escalation.report import Ageing, EscalationReport

LANGUAGE = "en"
CHANGES_SHOWN_MAX = 5  # of each sort; the workbook has them all


def compose(report: EscalationReport, sender: str, shown_max: int) -> Document:
    """The report of a day as a document. `shown_max`: rows of a section; the rest is in the workbook."""
    demo = "DEMO: " if report.is_demo else ""
    title = f"{demo}Escalation report, {report.kind}, {report.as_of}"
    return Document(
        subject=header_text(f"{title}: {_in_short(report)}"),
        title=title,
        sender=one_line(sender),
        language=LANGUAGE,
        direction="ltr",
        parts=tuple(_parts(report, shown_max)),
    )


def _in_short(report: EscalationReport) -> str:
    left = report.of(Section.LEFT_THE_LADDER)
    return f"{len(left)} left the ladder, {len(report.changed.new)} new, {len(report.items)} in all"


def _parts(report: EscalationReport, shown_max: int) -> Iterator[Part]:
    yield Facts(rows=tuple(_key_rows(report)), is_key=True)
    yield from map(_bars, report.ageing)
    if report.measures:
        yield Facts(rows=tuple(map(_measure_row, report.measures)))
    yield from _changes(report)
    for section in Section:
        if items := report.of(section):
            yield from _section(report, section, items, shown_max)
    if report.left_out:
        yield Lines(lines=report.left_out)
    yield Paragraph(text=f"As of the end of {report.as_of}, with what was known at {report.known_at[:16]} UTC.")


def _measure_row(measure: Measure) -> tuple[str, str]:
    name = MEASURES[measure.name]
    return f"{name}, {measure.currency}" if measure.currency else name, figure(measure)


def _key_rows(report: EscalationReport) -> Iterator[tuple[str, str]]:
    for ageing in report.ageing:
        opened = amount(ageing.open, ageing.currency)
        yield f"Open in {ageing.currency}", f"{opened}, of it overdue {amount(ageing.overdue, ageing.currency)}"
    for section in Section:
        items = report.of(section)
        sums = ", ".join(amount(minor, currency) for currency, minor in _sums(items))
        yield SECTIONS[section], f"{len(items)}: {sums}" if sums else str(len(items))
    yield "Since the report before", _changed_in_short(report)


def _changed_in_short(report: EscalationReport) -> str:
    changed = report.changed
    if changed.since is None:
        return "this is the first of its kind"
    counts = f"{len(changed.new)} new, {len(changed.gone)} gone, {len(changed.grown)} larger"
    return f"{counts} ({changed.since})"


def _bars(ageing: Ageing) -> Bars:
    widest = max(*(abs(getattr(ageing, name)) for name in BUCKETS), 1)
    return Bars(
        caption=f"What is open in {ageing.currency}, by age",
        bars=tuple(
            Bar(
                label=label,
                figure=amount(minor := getattr(ageing, name), ageing.currency),
                per_mille=max(minor, 0) * 1000 // widest,
            )
            for name, label in BUCKETS.items()
        ),
    )


def _changes(report: EscalationReport) -> Iterator[Part]:
    changed = report.changed
    if changed.since is None or not (changed.new or changed.gone or changed.grown):
        return
    yield Heading(text=f"What changed since {changed.since}")
    lines = [*_told("New", changed.new), *_told("Gone", changed.gone)]
    for item, more in changed.grown[:CHANGES_SHOWN_MAX]:
        lines.append(f"Larger by {amount(more, item.currency)}: {_in_a_line(item)}")
    lines += _rest("larger", len(changed.grown))
    yield Lines(lines=tuple(lines))


def _told(word: str, items: Sequence[Item]) -> list[str]:
    return [f"{word}: {_in_a_line(item)}" for item in items[:CHANGES_SHOWN_MAX]] + _rest(word.lower(), len(items))


def _rest(word: str, number: int) -> list[str]:
    more = number - CHANGES_SHOWN_MAX
    return [f"… and {more} more {word}; the workbook has them all"] if more > 0 else []


def _in_a_line(item: Item) -> str:
    who = one_line(item.customer_name or item.customer_id)
    parts = (SECTIONS[item.section], who, one_line(item.about), amount(item.amount, item.currency))
    return ", ".join(part for part in parts if part)


def _section(report: EscalationReport, section: Section, items: Sequence[Item], shown_max: int) -> Iterator[Part]:
    new = {item.identity for item in report.changed.new}
    shown = items[:shown_max]
    more = f", the {len(shown)} oldest of {len(items)}" if len(items) > len(shown) else ""
    yield Table(
        caption=f"{SECTIONS[section]}{more}",
        columns=("What", "Age", "Amount"),
        rows=tuple(_row(item, is_new=item.identity in new) for item in shown),
        sums=tuple((f"All {len(items)}", amount(minor, currency)) for currency, minor in _sums(items)),
        all_count=True,
    )


def _row(item: Item, *, is_new: bool) -> Row:
    who = one_line(item.customer_name or item.customer_id)
    first, rest = (who, one_line(item.about)) if who else (one_line(item.about), "")
    details = ("NEW" if is_new else "", rest, f"owner: {one_line(item.owner)}" if item.owner else "", item.next_step)
    return Row(
        cells=(first, age(item.age_days), amount(item.amount, item.currency)),
        details=tuple(one_line(each) for each in details if each),
    )


def _sums(items: Sequence[Item]) -> list[tuple[str, int]]:
    sums: dict[str, int] = {}
    for item in items:
        if item.amount is not None:
            sums[item.currency] = sums.get(item.currency, 0) + item.amount
    return sorted(sums.items())
