"""Which cases go to the provider who supports their customer, and what of them it does not have yet."""

from __future__ import annotations

from csp_receivables.domain.matching_by_hand.requests import ByHandRefused
from csp_receivables.domain.support.cases import CaseEvent, CaseState, SupportCase
from csp_receivables.domain.support.terms import SupportTerms


def messages_to_hand_on(case: SupportCase, terms: SupportTerms) -> tuple[int, ...]:
    """Numbers (from 1) of the events whose message the provider lacks; none where the case is not theirs.

    Theirs are requests of the kinds that they take, of a customer that we know, and whatever a person handed on.
    """
    is_ours = not case.customer_id or bool(case.triaged.get("not_ours")) or case.kind not in terms.takes
    if case.state is CaseState.CLOSED or (is_ours and not _handed(case, terms)):
        return ()
    return _lacking(case, terms)


def messages_by_hand(case: SupportCase, terms: SupportTerms) -> tuple[int, ...]:
    """The same where a person hands it on, of whatever kind it is. Raises ByHandRefused."""
    if not terms.takes:
        raise ByHandRefused(
            f"{terms.provider} takes no requests: nobody else supports {case.customer_id or 'the sender'}. "
            "Name a provider with `takes` in include/policies/support_terms.yaml, and its customers"
        )
    if case.state is CaseState.CLOSED:
        raise ByHandRefused(f"{case.case_id} is closed; a message from its sender opens it again")
    return _lacking(case, terms)


def _lacking(case: SupportCase, terms: SupportTerms) -> tuple[int, ...]:
    handed = _handed(case, terms)
    messages = (CaseEvent.OPENED, CaseEvent.MESSAGE)
    return tuple(
        number for number, told in enumerate(case.story, 1) if told.event in messages and str(number) not in handed
    )


def _handed(case: SupportCase, terms: SupportTerms) -> frozenset[str]:
    """The messages that this provider has, as numbers of events."""
    handed = (told.what for told in case.story if told.event is CaseEvent.HANDED_ON)
    return frozenset(what["message"] for what in handed if what["terms"] == terms.name)
