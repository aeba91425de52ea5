"""Rule 6 at its limits. One world for most of it: each case is a customer of its own."""

from __future__ import annotations

from datetime import date

import pytest

from csp_receivables.domain.matching.ladder import Matched
from tests.domain.matching.worlds import Row, because, booked, credit_note, credited, options, payer, payment, run
from tests.domain.matching.worlds import receivable as any_receivable

JUNE, JULY, AUGUST, SEPTEMBER = (date(2026, month, 1) for month in (6, 7, 8, 9))


def receivable(receivable_id: str, open_amount: int, issued_on: date = SEPTEMBER, **other: object) -> Row:
    """Of the customer whom its id names, due ten weeks after it was issued: what is issued in August is overdue."""
    due_on = date(issued_on.year, issued_on.month + 2, 10)
    customer_id = receivable_id.partition("/")[0]
    return any_receivable(
        receivable_id, open_amount, **{"customer_id": customer_id, "issued_on": issued_on, "due_on": due_on, **other}
    )


def of_customer(customer_id: str, amount: int, **other: object) -> Row:
    return payment(f"P-{customer_id}", amount, customer_id=customer_id, booked_on=date(2026, 10, 11), **other)


def powers(customer_id: str, items: int) -> list[Row]:
    """The oldest of 1 and 2, then amounts of which no others add up to 3."""
    amounts = [1, 2, *(4 << place for place in range(items - 2))]
    return [receivable(f"{customer_id}/{place:02}", amount) for place, amount in enumerate(amounts)]


def what_is_open() -> list[Row]:
    return [
        *(receivable(f"ALL/{place}", amount) for place, amount in enumerate((100, 100, 50))),
        receivable("ALL/LATER", 500, date(2026, 10, 12), due_on=date(2026, 11, 1)),
        receivable("OVERDUE/1", 500, JULY),
        receivable("OVERDUE/2", 20, AUGUST),
        receivable("OVERDUE/3", 9),
        receivable("OVERDUE/4", 3, SEPTEMBER, due_on=date(2026, 10, 11)),
        receivable("MONTH/1", 500, JULY),
        receivable("MONTH/2", 20, AUGUST),
        receivable("MONTH/3", 30, date(2026, 8, 31)),
        receivable("MONTH/4", 9),
        receivable("RUN/1", 10, JULY),
        receivable("RUN/2", 20, SEPTEMBER),
        receivable("RUN/3", 40, SEPTEMBER),
        receivable("SAME/1", 10, JULY),
        receivable("SAME/2", 20, JULY),
        receivable("SAME/3", 100, SEPTEMBER),
        receivable("DIFFER/1", 10, JULY),
        receivable("DIFFER/2", 20, JULY),
        receivable("DIFFER/3", 13, SEPTEMBER),
        receivable("DIFFER/4", 17, SEPTEMBER),
        receivable("DIFFER/5", 70, date(2026, 10, 1), due_on=date(2026, 12, 1)),
        receivable("OTHER/1", 10, JULY),
        receivable("OTHER/2", 20, JULY),
        receivable("OTHER/3", 29, AUGUST),
        receivable("OTHER/4", 1, SEPTEMBER),
        receivable("OTHER/5", 70, SEPTEMBER),
        *powers("TWELVE", 12),
        *powers("THIRTEEN", 13),
        *(receivable(f"ALLMANY/{place:02}", 1) for place in range(13)),
        *(receivable(f"CONTEST/{place}", amount) for place, amount in enumerate((100, 60))),
        *(receivable(f"DOUBT/{place}", 100) for place in range(2)),
        *(receivable(f"DEMOTED/{place}", amount) for place, amount in enumerate((100, 60))),
        *(receivable(f"REST/{place}", amount) for place, amount in enumerate((100, 60))),
        *(receivable(f"SHARED/{place}", amount) for place, amount in enumerate((100, 60))),
        *(receivable(f"ABROAD/{place}", amount) for place, amount in enumerate((100, 60))),
        receivable("ABROAD/SEK", 40, currency="SEK"),
    ]


@pytest.fixture(scope="module")
def matched() -> Matched:
    payments = [
        *(of_customer(f"{name}", amount) for name, amount in (("ALL", 250), ("OVERDUE", 520), ("MONTH", 50))),
        *(of_customer(f"{name}", 30) for name in ("RUN", "SAME", "DIFFER", "OTHER")),
        of_customer("TWELVE", 3),
        of_customer("THIRTEEN", 3),
        of_customer("ALLMANY", 13),
        of_customer("CONTEST", 160),
        {**of_customer("CONTEST", 160), "payment_id": "P-CONTEST-2"},
        of_customer("DOUBT", 200),
        {**of_customer("DOUBT", 100), "payment_id": "P-DOUBT-2"},
        of_customer("REST", 160),
        of_customer("ABROAD", 200),
        *(
            payment(f"P-{name}", 160, payer_account=account, booked_on=date(2026, 10, 11))
            for name, account in (("DEMOTED", "A1"), ("SHARED", "A2"))
        ),
    ]
    payers = [payer("DEMOTED", "A1", contradicted=1), payer("SHARED", "A2"), payer("ALL", "A2")]
    return run(what_is_open(), payments, payers=payers, rests=["P-REST"])


def taken(matched: Matched, payment_id: str) -> set[str]:
    """What the payment closes by the rule, without the customer's name."""
    rows = [row for row in booked(matched) if row[0] == payment_id]
    assert {row[4:] for row in rows} <= {("natural_set", "full")}
    return {row[1].partition("/")[2] for row in rows}


def test_everything_open_on_the_day_of_the_payment_is_closed(matched: Matched) -> None:
    assert taken(matched, "P-ALL") == {"0", "1", "2"}
    assert because(matched, "P-ALL") == (
        "the payment is known to be customer ALL's, and everything they have open (ALL/0, ALL/1, ALL/2) is 2.50 EUR"
    )


def test_everything_overdue_is_closed_and_what_is_due_on_the_day_itself_is_not_overdue(matched: Matched) -> None:
    assert taken(matched, "P-OVERDUE") == {"1", "2"}
    assert "everything overdue on 2026-10-11 (OVERDUE/1, OVERDUE/2)" in because(matched, "P-OVERDUE")


def test_one_month_of_several_is_closed_to_its_last_day(matched: Matched) -> None:
    assert taken(matched, "P-MONTH") == {"2", "3"}
    assert "everything issued in 2026-08 (MONTH/2, MONTH/3)" in because(matched, "P-MONTH")


def test_a_run_from_the_oldest_is_closed(matched: Matched) -> None:
    assert taken(matched, "P-RUN") == {"1", "2"}
    assert "the oldest of what they have open (RUN/1, RUN/2)" in because(matched, "P-RUN")


def test_one_set_of_several_names_is_called_by_the_first_and_closed(matched: Matched) -> None:
    assert taken(matched, "P-SAME") == {"1", "2"}
    assert "everything overdue on 2026-10-11 (SAME/1, SAME/2)" in because(matched, "P-SAME")


def test_two_sets_are_an_option_each_and_named(matched: Matched) -> None:
    assert taken(matched, "P-DIFFER") == set()
    assert options(matched, "P-DIFFER") == [(1, "DIFFER/1"), (1, "DIFFER/2"), (2, "DIFFER/3"), (2, "DIFFER/4")]
    assert because(matched, "P-DIFFER") == (
        "the payment is known to be customer DIFFER's, and everything overdue on 2026-10-11 (DIFFER/1, DIFFER/2) is "
        "0.30 EUR; so is everything issued in 2026-09 (DIFFER/3, DIFFER/4)"
    )


def test_a_natural_set_is_suggested_when_other_receivables_add_up_to_the_same(matched: Matched) -> None:
    assert taken(matched, "P-OTHER") == set()
    assert options(matched, "P-OTHER") == [(1, "OTHER/1"), (1, "OTHER/2"), (2, "OTHER/3"), (2, "OTHER/4")]
    assert because(matched, "P-OTHER").endswith("; so is some of what they have open (OTHER/3, OTHER/4)")


def test_a_part_of_what_is_open_is_sure_among_twelve_and_not_among_thirteen(matched: Matched) -> None:
    assert taken(matched, "P-TWELVE") == {"00", "01"}
    assert options(matched, "P-THIRTEEN") == [(1, "THIRTEEN/00"), (1, "THIRTEEN/01")]
    assert because(matched, "P-THIRTEEN").endswith("; others of their receivables may add up to it too")


def test_everything_is_sure_among_any_number_and_five_are_named(matched: Matched) -> None:
    assert len(taken(matched, "P-ALLMANY")) == 13
    assert because(matched, "P-ALLMANY").endswith("ALLMANY/03, ALLMANY/04 and 8 more) is 0.13 EUR")


def test_two_payments_for_the_same_set_wait_for_a_person_and_name_each_other(matched: Matched) -> None:
    assert taken(matched, "P-CONTEST") == taken(matched, "P-CONTEST-2") == set()
    assert because(matched, "P-CONTEST").endswith("; some of it may be for P-CONTEST-2")
    assert because(matched, "P-CONTEST-2").endswith("; some of it may be for P-CONTEST")


def test_a_set_waits_while_a_payment_in_doubt_fits_a_part_of_it(matched: Matched) -> None:
    assert taken(matched, "P-DOUBT") == set()
    assert because(matched, "P-DOUBT").endswith("; some of it may be for P-DOUBT-2")


def test_the_rest_of_a_payment_and_a_demoted_account_only_suggest(matched: Matched) -> None:
    assert options(matched, "P-REST") == [(1, "REST/0"), (1, "REST/1")]
    assert because(matched, "P-REST").endswith("; the rest of the payment went elsewhere")
    assert options(matched, "P-DEMOTED") == [(1, "DEMOTED/0"), (1, "DEMOTED/1")]
    assert "a person has taken such a payment back" in because(matched, "P-DEMOTED")


def test_a_shared_account_and_another_currency_make_no_set(matched: Matched) -> None:
    assert options(matched, "P-SHARED") == options(matched, "P-ABROAD") == []
    assert taken(matched, "P-SHARED") == taken(matched, "P-ABROAD") == set()


@pytest.fixture(scope="module")
def net() -> Matched:
    """Payments net of credit notes."""
    receivables = [
        receivable("NET/1", 100),
        receivable("NET/2", 61),
        credit_note("NET/K1", 7, customer_id="NET"),
        credit_note("NET/K2", 5, customer_id="NET"),
        receivable("ONE/1", 100),
        credit_note("ONE/K1", 7, customer_id="ONE"),
        receivable("LATE/1", 100),
        receivable("LATE/2", 61),
        credit_note("LATE/K1", 7, customer_id="LATE", issued_on=date(2026, 10, 12)),
        receivable("TWIN/1", 100),
        receivable("TWIN/2", 5),
        receivable("TWIN/3", 3),
        receivable("TWIN/4", 61),
        credit_note("TWIN/K1", 8, customer_id="TWIN"),
        *powers("CROWD", 13),
        credit_note("CROWD/K1", 3, customer_id="CROWD"),
        *(receivable(f"EQUAL/{place}", amount) for place, amount in enumerate((100, 61, 40), 1)),
        credit_note("EQUAL/K1", 61, customer_id="EQUAL"),
    ]
    payments = [
        of_customer("NET", 149),
        of_customer("ONE", 93),
        of_customer("LATE", 154),
        of_customer("TWIN", 161),
        of_customer("EQUAL", 140),
        of_customer("CROWD", sum(row["open_amount"] for row in powers("CROWD", 13)) - 3),
    ]
    return run(receivables, payments)


def test_everything_less_the_credit_notes_closes_everything_with_both(net: Matched) -> None:
    assert [row[1:4] for row in booked(net) if row[0] == "P-NET"] == [("NET/1", 88, 0), ("NET/2", 61, 0)]
    assert [row for row in credited(net) if row[0].startswith("NET")] == [
        ("NET/K1", "NET/1", 7, "natural_set", "partial"),
        ("NET/K2", "NET/1", 5, "natural_set", "partial"),
    ]
    assert because(net, "P-NET").endswith(
        "everything they have open less credit note NET/K1, NET/K2 (NET/1, NET/2) is 1.49 EUR"
    )


def test_a_single_receivable_less_its_credit_note_is_closed(net: Matched) -> None:
    assert [row[1:3] for row in booked(net) if row[0] == "P-ONE"] == [("ONE/1", 93)]
    assert [row[:3] for row in credited(net) if row[0].startswith("ONE")] == [("ONE/K1", "ONE/1", 7)]


def test_a_credit_note_that_equals_one_receivable_is_laid_on_that_one_before_any_net(net: Matched) -> None:
    assert [row[:4] for row in credited(net) if row[0] == "EQUAL/K1"] == [("EQUAL/K1", "EQUAL/2", 61, "known_payer")]
    assert [row[1:3] for row in booked(net) if row[0] == "P-EQUAL"] == [("EQUAL/1", 100), ("EQUAL/3", 40)]


def test_nobody_pays_net_of_a_credit_note_that_was_issued_later(net: Matched) -> None:
    assert "P-LATE" not in {row[0] for row in booked(net)}
    assert "LATE/K1" not in {row[0] for row in credited(net)}


def test_net_of_credit_notes_is_suggested_where_receivables_alone_add_up_or_are_too_many(net: Matched) -> None:
    everything, some = [(1, f"TWIN/{place}") for place in range(1, 5)], [(2, "TWIN/1"), (2, "TWIN/4")]
    assert options(net, "P-TWIN") == everything + some
    assert len(options(net, "P-CROWD")) == 13
    assert {row[0] for row in credited(net)} == {"NET/K1", "NET/K2", "ONE/K1", "EQUAL/K1"}
