"""What a notice says and a decision doesn't look at, gathered in one way for previews and for letters that leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow.compute as pc

from csp_receivables.domain.collections.caseload import Decided
from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.interest import LateInterestRules
from csp_receivables.domain.collections.notice_content import REINSTATEMENT, SUSPENSION, WITHOUT_STATEMENT, Particulars
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.shown_interest import shown_interest
from csp_receivables.domain.facts import Facts


def particulars_of(
    case: Case,
    kind: str,
    policy: CollectionsPolicy,
    decided: Decided,
    facts: Facts,
    *,
    interest: LateInterestRules,
    language: str,
    org_number: str,
    written_on: date | None = None,
) -> Particulars:
    """The particulars of a notice of `kind` to the customer of `case`, by the decisions and facts of one day.

    Interest is counted up to and including that day, whenever the letter leaves: so far payments are known.
    """
    shown = shown_interest(policy, interest, case, facts.as_of, decided.applied)
    return Particulars(
        language=language,
        payments_until=facts.as_of,
        org_number=org_number,
        references=_references(facts, [debt.receivable_id for debt in case.debts]),
        interest=shown.interest,
        fees=shown.fixed_sums,
        subscriptions=_affected(case, kind),
        attach_statement=kind not in WITHOUT_STATEMENT,
        written_on=written_on,
    )


def _affected(case: Case, kind: str) -> tuple[str, ...]:
    """The subscriptions that a letter about access speaks of."""
    told = {SUSPENSION: case.suspension, REINSTATEMENT: case.given_back}.get(kind)
    return told.subscriptions if told else ()


def _references(facts: Facts, receivable_ids: Sequence[str]) -> dict[str, str]:
    if not receivable_ids:
        return {}
    rows = facts.receivables.filter(pc.field("receivable_id").isin(receivable_ids))
    named = rows.select(["receivable_id", "reference"]).to_pylist()
    return {row["receivable_id"]: row["reference"] for row in named if row["reference"]}
