"""A proposal to write a debt off as a document: what, why, what of it is tax, and who must agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from csp_receivables.adapters.escalation.words import amount
from csp_receivables.adapters.notices import as_html, as_pdf
from csp_receivables.adapters.notices.outside import header_text, one_line
from csp_receivables.adapters.notices.parts import Document, Facts, Heading, Paragraph, Part, Row, Table
from csp_receivables.adapters.whole_folder import alone, replace_whole
from csp_receivables.domain.escalation.write_offs import WriteOff

_TAX = (
    "Whether the tax in it comes back, when, and with which proof differs by country and case: many ask that the claim "
    "was pursued, that it is written off in the books, and for an insolvency or a final attempt. Ask the tax adviser "
    "before it is booked. Booking changes the ledger here only; accounting books it for itself."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffFiles:
    """Writes proposals under `outputs`/escalation/write-offs, a folder each."""

    outputs: Path
    include: Path
    sender: str

    def write(self, proposal: WriteOff, name: str, on: date, *, needs_second: bool) -> Sequence[Path]:
        """Page and PDF, whole or not at all. `name`: the customer's; `on`: the day it is proposed."""
        document = self._document(proposal, name, on, needs_second=needs_second)
        folder = self.outputs / "escalation" / "write-offs" / proposal.write_off_id
        contents = {
            f"{proposal.write_off_id}.html": as_html(document, self.include / "templates" / "notices").encode(),
            f"{proposal.write_off_id}.pdf": as_pdf(document, on, self.include / "fonts"),
        }

        def fill(new: Path) -> None:
            for file, content in contents.items():
                (new / file).write_bytes(content)

        with alone(folder):
            replace_whole(folder, fill)
        return [folder / file for file in contents]

    def _document(self, proposal: WriteOff, name: str, on: date, *, needs_second: bool) -> Document:
        title = f"Write-off {proposal.write_off_id}: {one_line(name or proposal.customer_id)}"
        return Document(
            subject=header_text(title),
            title=title,
            sender=one_line(self.sender),
            language="en",
            direction="ltr",
            parts=tuple(_parts(proposal, on, needs_second=needs_second)),
        )


def _parts(proposal: WriteOff, on: date, *, needs_second: bool) -> Iterator[Part]:
    second = (
        f"somebody else than {proposal.proposed_by}" if needs_second else "its proposer, or anybody with that right"
    )
    rows = [
        ("Customer", one_line(proposal.customer_id)),
        ("Proposed on", f"{on} by {one_line(proposal.proposed_by)}"),
        ("Why", one_line(proposal.why)),
        ("To be booked by", one_line(second)),
    ]
    if proposal.had_access_taken:
        rows.append(("Access", "is taken; what is written off is overdue no more, so booking it gives access back"))
    yield Facts(rows=tuple(rows), is_key=True)
    for currency, total in proposal.totals().items():
        parts = [part for part in proposal.parts if part.currency == currency]
        tax = sum(part.tax for part in parts)
        yield Table(
            caption=f"What is given up in {currency}",
            columns=("Number", "Due", "Open"),
            rows=tuple(
                Row(
                    cells=(one_line(part.number), part.due_on.isoformat(), amount(part.amount, currency)),
                    details=(f"of it tax {amount(part.tax, currency)}",),
                )
                for part in parts
            ),
            sums=(
                ("Before tax", amount(total - tax, currency)),
                ("Tax", amount(tax, currency)),
                ("Written off", amount(total, currency)),
            ),
        )
    yield Heading(text="Tax")
    yield Paragraph(text=_TAX)
    yield Heading(text="To decide")
    yield Paragraph(text=f"csp escalation write-off book {proposal.write_off_id}, or decline {proposal.write_off_id}.")
