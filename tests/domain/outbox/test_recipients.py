"""Whom we write to."""

from __future__ import annotations

import pytest

from csp_receivables.domain.outbox.letters import is_deliverable, on_the_wire
from csp_receivables.domain.outbox.recipients import Contact, in_order, reachable


def person(email: str, role: str = "", stated_at: str = "2026-10-01") -> Contact:
    return Contact(email=email, name="", role=role, stated_at=stated_at)


def test_billing_is_written_to_first_then_finance_then_who_leads_then_the_rest_by_address() -> None:
    people = [person("z@x.example"), person("b@x.example", "Owner"), person("a@x.example", "decisions")]
    people += [person("c@x.example", "Finance"), person("d@x.example", "invoices")]

    assert [each.email[0] for each in in_order(people)] == ["d", "c", "b", "a", "z"]


def test_an_address_that_failed_counts_again_once_accounting_states_it_anew() -> None:
    people = [person("a@x.example"), person("b@x.example", stated_at="2026-12-01")]
    failed = {"a@x.example": "2026-11-01", "b@x.example": "2026-11-01"}

    assert [each.email for each in reachable(people, failed)] == ["b@x.example"]


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example",
        "a.b+c@x-y.example",
        "a@båt.example",
        "å@x.example",
        "förnamn@båt.example",
        f"{'å' * 32}@x.example",
        f"{'l' * 64}@x.example",
    ],
)
def test_a_plain_address_can_be_written_to(address: str) -> None:
    assert is_deliverable(address)


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "a@", "@x.example", "a@x", "a b@x.example", "a@x.example>", "<a@x.example", "a@x..example",
        ".a@x.example", "a.@x.example", "a@.example", "a@x.example.", "a\u200bb@x.example", f"{'å' * 33}@x.example",
        "a@☕.example", "a@\u0301x.example", f"a@{'å' * 63}.example",
        "a@x.example\r\nRCPT TO:<b@y.example>",
        "a@b@x.example", '"a"@x.example', f"{'l' * 65}@x.example", f"a@{'d' * 250}.example",
    ],
)  # fmt: skip
def test_what_could_be_taken_for_something_else_is_no_address(address: str) -> None:
    assert not is_deliverable(address)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("faktura@företag.example", "faktura@xn--fretag-wxa.example"),
        ("a@BÅT.example", "a@xn--bt-yia.example"),
        ("rechnung@straße.example", "rechnung@xn--strae-oqa.example"),  # not strasse.example: that is somebody else
        ("fo\u0308rnamn@x.example", "f\u00f6rnamn@x.example"),
        ("A.b@X.example", "A.b@X.example"),
    ],
)
def test_the_net_is_told_a_domain_in_ascii_and_the_rest_as_it_is(address: str, told: str) -> None:
    assert on_the_wire(address) == told
