"""Which vendor invoices to fetch: at, below and above each limit of time, by what is known of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from csp_receivables.domain.microsoft.exports import NO_DATA_AFTER
from csp_receivables.domain.microsoft.fetches import (
    MADE_AGAIN_FOR,
    FetchKind,
    FetchOutcome,
    KnownFetch,
    document_digest,
    due_fetches,
)
from csp_receivables.domain.microsoft.invoices import ChargeList, Commerce, ListedInvoice

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


def invoice(age: timedelta | None = timedelta(0), commerce: Commerce = Commerce.NEW, *kinds: str) -> ListedInvoice:
    return ListedInvoice(
        invoice_id="I1",
        commerce=commerce,
        invoiced_at=None if age is None else NOW - age,
        document_type="invoice",
        amends="",
        charge_lists=tuple(ChargeList(provider="office", kind=kind, currency="EUR") for kind in kinds),
        document="{}",
    )


def is_due(listed: ListedInvoice, outcome: FetchOutcome | None, document: str = "") -> bool:
    digest = document or document_digest(listed)
    known = {"I1": KnownFetch(outcome=outcome, version="v", document=digest)} if outcome else {}
    return due_fetches([listed], known, NOW) == (listed,)


@pytest.mark.parametrize("commerce", list(Commerce))
@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=1000), None])
def test_what_is_new_or_says_something_new_is_due_at_any_age(commerce: Commerce, age: timedelta | None) -> None:
    listed = invoice(age, commerce)

    assert is_due(listed, None)
    for outcome in FetchOutcome:
        assert is_due(listed, outcome, document="of other words")


@pytest.mark.parametrize(
    ("commerce", "limit"), [(Commerce.NEW, MADE_AGAIN_FOR), (Commerce.LEGACY, NO_DATA_AFTER)], ids=["new", "legacy"]
)
def test_what_was_imported_is_asked_for_again_until_its_limit(commerce: Commerce, limit: timedelta) -> None:
    for outcome in (FetchOutcome.IMPORTED, FetchOutcome.REFUSED):
        assert is_due(invoice(limit - MOMENT, commerce), outcome)
        assert not is_due(invoice(limit, commerce), outcome)
        assert not is_due(invoice(limit + MOMENT, commerce), outcome)
    assert is_due(invoice(None, commerce), FetchOutcome.IMPORTED)


@pytest.mark.parametrize("commerce", list(Commerce))
def test_what_was_not_there_is_asked_for_until_somebody_gives_up(commerce: Commerce) -> None:
    old = invoice(timedelta(days=1000), commerce)

    assert is_due(old, FetchOutcome.ANOTHER_DAY)
    assert not is_due(old, FetchOutcome.GIVEN_UP)
    assert not is_due(invoice(timedelta(0), commerce), FetchOutcome.GIVEN_UP)


def test_the_oldest_come_first_and_the_undated_last() -> None:
    listed = [invoice(None), invoice(timedelta(days=1)), invoice(timedelta(days=2))]

    assert due_fetches(listed, {}, NOW) == (listed[2], listed[1], listed[0])


def test_a_legacy_invoice_is_the_lists_it_names_or_every_one() -> None:
    def providers(*kinds: str) -> list[str]:
        return [each.provider for each in invoice(timedelta(0), Commerce.LEGACY, *kinds).legacy_lists]

    assert providers() == ["office", "azure"]
    assert providers("billinglineitems") == ["office"]
    assert providers("usagelineitems") == ["office", "azure"]  # quantities alone say nothing of where money stands
    assert due_fetches([invoice(timedelta(0), Commerce.LEGACY)], {}, NOW, FetchKind.DAILY_USAGE) == ()
