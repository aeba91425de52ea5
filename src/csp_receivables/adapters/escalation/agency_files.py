"""A claim as a collection agency takes it: JSON with everything, and CSV with a row for each receivable.

The JSON without people is what the ledger keeps; people are added when files are written, so an erasure reaches them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from csp_receivables.adapters.outside_text import no_formula
from csp_receivables.adapters.whole_folder import alone, replace_whole
from csp_receivables.domain.collections.seller import Seller
from csp_receivables.domain.escalation.account import CustomerAccount, Person
from csp_receivables.domain.escalation.agency import AgencyClaim, AgencyDebt
from csp_receivables.domain.money import to_text

FORMAT, VERSION = "csp-receivables/agency-claim", 1
CSV_COLUMNS = (
    "handover", "agency", "as_of", "creditor", "creditor_org_number", "customer_id", "debtor", "debtor_org_number",
    "debtor_country", "debtor_kind", "contacts", "number", "issued_on", "due_on", "days_late", "currency", "amount",
    "paid", "credited", "written_off", "principal", "interest", "fixed_sum", "total", "reference", "disputed",
    "past_disputes", "payments", "notices",
)  # fmt: skip


def claim_data(claim: AgencyClaim, seller: Seller) -> dict[str, Any]:
    """The claim as plain values: amounts are decimal text, days ISO 8601. Who handed it over is added by the ledger."""
    account = claim.account
    return {
        "format": FORMAT,
        "version": VERSION,
        "as_of": account.on.isoformat(),
        "creditor": {"name": seller.name, "org_number": seller.org_number, "country": seller.country},
        "debtor": {
            "customer_id": account.customer_id,
            "name": account.name,
            "org_number": account.org_number,
            "country": account.country,
            "kind": account.party_kind,
            "language": account.language,
        },
        "receivables": [_debt(debt) for debt in claim.debts],
        "totals": [
            {
                "currency": code,
                "principal": to_text(principal, code),
                "interest": to_text(interest, code),
                "fixed_sum": to_text(fixed, code),
                "total": to_text(principal + interest + fixed, code),
            }
            for code, (principal, interest, fixed) in claim.totals().items()
        ],
        "interest_basis": list(dict.fromkeys(reason.actual for reason in account.interest.because)),
        "notices": [
            {"on": each.on.isoformat(), "what": each.what, "delivery": each.delivery, "proof": each.proof}
            for each in account.says.letters
        ],
        "promises": [str(each.reason()) for each in account.holds if each.promised],
        "subscriptions": _subscriptions(account),
    }


def _debt(debt: AgencyDebt) -> dict[str, Any]:
    code = debt.currency
    sums = ("amount", "paid", "credited", "written_off", "principal", "interest", "fixed_sum", "total")
    return {
        "number": debt.number,
        "issued_on": debt.issued_on.isoformat(),
        "due_on": debt.due_on.isoformat(),
        "days_late": debt.days_late,
        "currency": code,
        **{name: to_text(getattr(debt, name), code) for name in sums},
        "reference": debt.reference,
        "lines": [{"description": each.description, "net": to_text(each.net, code)} for each in debt.lines],
        "payments": [{"on": day.isoformat(), "amount": to_text(minor, code)} for day, minor in debt.payments],
        "disputed": False,  # what is disputed is not handed over
        "past_disputes": [
            {"since": each.since.isoformat(), "until": _day(each.until), "reason": each.reason}
            for each in debt.disputes
        ],
    }


def _subscriptions(account: CustomerAccount) -> list[dict[str, Any]]:
    return [
        {"name": each.offer_name, "quantity": each.quantity, "status": each.status}
        for each in account.says.subscriptions
    ]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def claim_csv(data: Mapping[str, Any]) -> bytes:
    """One row a receivable, every row with creditor and debtor: UTF-8, comma, CRLF, decimal point."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for debt in data["receivables"]:
        row = _of_all(data) | {name: debt[name] for name in CSV_COLUMNS if name in debt}
        row["disputed"] = "yes" if debt["disputed"] else "no"
        row["payments"] = "; ".join(f"{each['on']} {each['amount']}" for each in debt["payments"])
        row["past_disputes"] = "; ".join(
            f"{each['since']} to {each['until'] or 'its end'}" for each in debt["past_disputes"]
        )
        writer.writerow({name: no_formula(value) if isinstance(value, str) and not _is_amount(value) else value
                         for name, value in row.items()})  # fmt: skip
    return out.getvalue().encode("utf-8", errors="replace")


def _is_amount(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _of_all(data: Mapping[str, Any]) -> dict[str, Any]:
    handed, creditor, debtor = data["handover"], data["creditor"], data["debtor"]
    return {
        "handover": handed["id"],
        "agency": handed["agency"],
        "as_of": data["as_of"],
        "creditor": creditor["name"],
        "creditor_org_number": creditor["org_number"],
        "customer_id": debtor["customer_id"],
        "debtor": debtor["name"],
        "debtor_org_number": debtor["org_number"],
        "debtor_country": debtor["country"],
        "debtor_kind": debtor["kind"],
        "contacts": "; ".join(each["email"] for each in data["contacts"]),
        "notices": "; ".join(f"{each['on']} {each['what']} {each['delivery']}" for each in data["notices"]),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyFiles:
    """Writes handovers under `outputs`/escalation/agency, a folder each."""

    outputs: Path

    def write(self, data: Mapping[str, Any], people: Sequence[Person]) -> Sequence[Path]:
        """Both files, whole or not at all. The same handover again gives the same bytes."""
        name = data["handover"]["id"]
        folder = self.outputs / "escalation" / "agency" / name
        told = dict(data) | {
            "contacts": [{"name": each.name, "role": each.role, "email": each.email} for each in people]
        }
        contents = {
            f"{name}.json": (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode(),
            f"{name}.csv": claim_csv(told),
        }

        def fill(new: Path) -> None:
            for file, content in contents.items():
                (new / file).write_bytes(content)

        with alone(folder):
            replace_whole(folder, fill)
        return [folder / file for file in contents]
