"""Where each code that Microsoft refuses by leads: again, later, or to a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from csp_receivables.adapters.partner_center.errors import refusal
from csp_receivables.adapters.partner_center.refusal_codes import CODES
from csp_receivables.domain.access.refusals import FOLLOW, Follow, again_at, follow

NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_documented_code_is_retried_only_where_that_may_help(code: str) -> None:
    what = follow(code, 400, passes=CODES[code].passes)

    assert (what is Follow.PERSON) is not (CODES[code].passes or code in FOLLOW)
    assert (again_at(what, NOW) is None) is (what is Follow.PERSON)


# The codes of microsoft.md 4.6 that are no person's, as written there; all its others are.
AGAIN = {
    "2055": Follow.READ_AGAIN,
    "27009": Follow.PARENT_FIRST,
    "800003": Follow.RETRY,
    "800041": Follow.READ_AGAIN,
    "800082": Follow.TWO_MINUTES,
    "800094": Follow.RETRY,
    "900192": Follow.RETRY,
    "900278": Follow.NEXT_DAY,
}
LISTED = [
    2001, 2011, 2055, 3000, 20002, 20003, 27009, 800002, 800003, 800036, 800040, 800041, 800042, 800063,
    800073, 800074, 800075, 800081, 800082, 800091, 800094, 800096, 900115, 900117, 900213, 900121, 900123, 900124,
    900149, 900150, 900159, 900192, 900263, 900277, 900278, 900279, 900280, 900308, 900309, 900311, 900321, 900329,
    900416, 900419, 900420, 900421, 900307, 900337, 900335, 800111, 900118,
]  # fmt: skip


@pytest.mark.parametrize("code", map(str, LISTED))
def test_every_code_of_the_reference_leads_where_it_says(code: str) -> None:
    refused = refusal(400, json.dumps({"code": code, "description": "whatever it says"}).encode())

    assert refused.meaning == CODES[code].meaning
    assert follow(refused.code, refused.status, passes=refused.passes) is AGAIN.get(code, Follow.PERSON)


BY_STATUS = {408: Follow.RETRY, 429: Follow.RETRY, 500: Follow.RETRY, 503: Follow.RETRY}
BY_STATUS |= dict.fromkeys((400, 403, 499), Follow.PERSON)


@pytest.mark.parametrize(("status", "what"), list(BY_STATUS.items()))
def test_a_code_that_nobody_knows_goes_by_its_status(status: int, what: Follow) -> None:
    assert follow("", status, passes=False) is what
