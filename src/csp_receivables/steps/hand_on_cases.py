"""Handing cases on to the providers who support their customers: each message once, by letters of the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.support.handing_on import messages_to_hand_on
from csp_receivables.domain.support.terms import TermsBook
from csp_receivables.support_ports import SupportBook

BY_TERMS = Person(name="support terms", why="the provider who supports this customer takes such requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHandover:
    """What handing on needs."""

    book: SupportBook
    terms: TermsBook

    def run(self) -> int:
        """Put what providers lack into the outbox; how many letters. Repeating it, or beginning again, adds none."""
        letters = 0
        for case in self.book.cases():
            terms = self.terms.of(case.customer_id)
            if messages_to_hand_on(case, terms):
                wanted = partial(messages_to_hand_on, terms=terms)
                letters += len(self.book.hand_on(case.case_id, terms, wanted, BY_TERMS))
        return letters
