"""The rules of access, below, at and above each limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.access.approvals import Approval, Approver, Word
from csp_receivables.domain.access.asking import LATE, Asked, is_asked_already, to_be_asked
from csp_receivables.domain.access.breaker import (
    PAYMENTS_MIN,
    AccessLoad,
    MatchRate,
    check_releaser,
    likely_cause,
    why_tripped,
)
from csp_receivables.domain.access.changes import Change, ChangeEvent, Direction, Standing
from csp_receivables.domain.access.concluding import ending_of
from csp_receivables.domain.access.levers import LeverKind, levers_of
from csp_receivables.domain.access.order import going_down
from csp_receivables.domain.access.policy import AccessPolicy, Protected
from csp_receivables.domain.access.proposal import Cost, Evidence, differences, propose
from csp_receivables.domain.access.question import question_text
from csp_receivables.domain.access.scope import Covered, in_scope
from csp_receivables.domain.access.settle import Next, settle
from csp_receivables.domain.access.snapshot import from_text, renewal_differences, snapshot_of, to_text
from csp_receivables.domain.access.timing import near_renewal, wrong_hour
from csp_receivables.domain.collections.cases import Case, Delivery, Hold, HoldKind, Instalment, Notice
from csp_receivables.domain.collections.policy import Breaker, QuietHours
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused
from csp_receivables.domain.microsoft.subscriptions import Family, Subscription
from csp_receivables.domain.outbox.breaker import Load
from csp_receivables.domain.outbox.gate import Moment
from csp_receivables.domain.outbox.states import Event
from tests.access_desk import due_to_suspend

NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)
ENDS = datetime(2027, 3, 9, 23, 59, 59, tzinfo=UTC)
POLICY = AccessPolicy()


def subscription(own: str = "s-1", **given: Any) -> Subscription:
    made = Subscription(
        tenant_id="t",
        subscription_id=own,
        offer_id="CFQ7",
        offer_name="Microsoft 365 Business Premium",
        product_type="OnlineServicesNCE",
        family=Family.MICROSOFT_365,
        parent_id="",
        order_id="",
        status="active",
        suspension_reasons=(),
        quantity=10,
        unit_type="Licenses",
        billing_type="license",
        billing_cycle="monthly",
        term_duration="P1Y",
        is_trial=False,
        auto_renew=True,
        created_at=None,
        starts_at=datetime(2026, 3, 10, tzinfo=UTC),
        commitment_ends_at=ENDS,
        cancellable_until=None,
        scheduled_changes="",
        etag="",
        document="{}",
    )
    return replace(made, **given)


def covered(*names: str) -> Covered:
    return Covered(by_line=frozenset(names))


SCOPES: list[tuple[dict[str, Any], AccessPolicy, str]] = [
    ({}, POLICY, ""),
    ({"subscription_id": "S-1"}, POLICY, ""),
    ({"subscription_id": "other"}, POLICY, "no unpaid receivable covers it"),
    ({"subscription_id": "other"}, replace(POLICY, only_unpaid=False), ""),
    ({"status": "suspended"}, POLICY, "its status is suspended"),
    ({"status": "a new word"}, POLICY, "its status is a new word"),
    ({"product_type": "Software"}, POLICY, "nothing to switch off"),
    ({"product_type": "AzureSavingsPlan", "family": Family.AZURE}, POLICY, "nothing to switch off"),
    ({"family": Family.AZURE, "product_type": "Azure"}, POLICY, "Azure is left alone"),
    ({"family": Family.AZURE, "product_type": "Azure"}, replace(POLICY, azure=frozenset({"s-1"})), "by hand"),
    ({"commitment_ends_at": NOW}, POLICY, "its term is over"),
    ({"commitment_ends_at": NOW + timedelta(seconds=1)}, POLICY, ""),
    ({}, replace(POLICY, protected=Protected(offers=("business PREMIUM",))), "protects 'business PREMIUM'"),
    ({}, replace(POLICY, protected=Protected(subscriptions=frozenset({"s-1"}))), "by its id"),
    ({}, replace(POLICY, protected=Protected(tags=frozenset({"vip"}))), "tagged vip"),
]


@pytest.mark.parametrize(("given_", "policy", "because"), SCOPES)
def test_what_may_be_suspended(given_: dict[str, Any], policy: AccessPolicy, because: str) -> None:
    targets, left_out = in_scope([subscription(**given_)], covered("s-1"), frozenset({"vip"}), policy, NOW)

    assert (len(targets), len(left_out)) == ((0, 1) if because else (1, 0))
    assert because in (left_out[0].because if left_out else "")


def test_a_vendor_invoice_covers_what_it_charges() -> None:
    found = Covered(by_invoice=frozenset({"s-1"}))

    assert [found.has(each) for each in ("S-1", "s-2")] == [True, False]


def test_a_new_commerce_base_takes_no_add_on_along() -> None:
    base, child = subscription("base"), subscription("child", parent_id="base")

    targets, _ = in_scope([base, child], covered("base"), frozenset(), POLICY, NOW)
    legacy = [replace(each, product_type="") for each in (base, child)]
    of_legacy, _ = in_scope(legacy, covered("base"), frozenset(), POLICY, NOW)

    assert ([each.subscription_id for each in targets], of_legacy) == (["base"], ())


@given(st.permutations(["a", "b", "c", "d"]))
def test_a_base_comes_before_its_add_ons(order: Sequence[str]) -> None:
    parents = {"a": "c", "b": "a", "c": "", "d": "d"}

    placed = [each.subscription_id for each in going_down([subscription(o, parent_id=parents[o]) for o in order])]

    assert placed == ["c", "d", "a", "b"]


HOURS = [  # Friday 6 November 2026; quiet from 18 to 8, and four hours before the weekend
    ("FI", "Europe/Helsinki", datetime(2026, 11, 6, 17, 59, 59), ""),
    ("FI", "Europe/Helsinki", datetime(2026, 11, 6, 18, 0), "quiet hours"),
    ("FI", "Europe/Helsinki", datetime(2026, 11, 6, 7, 59, 59), "quiet hours"),
    ("FI", "Europe/Helsinki", datetime(2026, 11, 6, 8, 0), ""),
    ("FI", "Europe/Helsinki", datetime(2026, 12, 6, 10, 0), "no working day"),  # Independence Day, a Sunday
    ("FI", "Europe/Helsinki", datetime(2026, 1, 6, 10, 0), "no working day"),  # Epiphany, a Tuesday
    ("DK", "Europe/Copenhagen", datetime(2026, 1, 6, 10, 0), ""),  # is none in Denmark
    ("IS", "Atlantic/Reykjavik", datetime(2026, 11, 6, 19, 59), ""),
    ("IS", "Atlantic/Reykjavik", datetime(2026, 11, 6, 20, 0), "a day off begins"),
]


@pytest.mark.parametrize(("country", "zone", "local", "why"), HOURS)
def test_hours_and_days_off_are_the_customers(country: str, zone: str, local: datetime, why: str) -> None:
    """By the clock and the holidays where the customer is, wherever the partner is."""
    quiet = None if country == "IS" else QuietHours(begins=time(18), ends=time(8))
    moment = Moment(
        now=local.replace(tzinfo=ZoneInfo(zone)), zones=(ZoneInfo(zone),), country=country, quiet_hours=quiet
    )

    said = wrong_hour(moment, POLICY)

    assert (why in said) if why else (said == "")


EDGES = [(-86_401, False), (-86_400, True), (0, True), (86_400, True), (86_401, False)]


@pytest.mark.parametrize(("seconds", "is_near"), EDGES)
def test_a_term_is_near_within_a_day_of_its_ends(seconds: int, is_near: bool) -> None:
    edge = NOW + timedelta(seconds=seconds)

    assert bool(near_renewal(subscription(commitment_ends_at=edge), NOW, 24)) is is_near
    assert bool(near_renewal(subscription(starts_at=edge), NOW, 24)) is is_near


LEVERS: list[tuple[dict[str, Any], list[LeverKind]]] = [
    ({}, [LeverKind.AUTO_RENEW_OFF, LeverKind.FEWER_SEATS]),
    ({"quantity": 1}, [LeverKind.AUTO_RENEW_OFF]),
    ({"auto_renew": False}, []),
    ({"is_trial": True}, [LeverKind.CONVERT_TRIAL]),
    ({"cancellable_until": NOW, "auto_renew": False}, [LeverKind.CANCEL_INSTEAD]),
    ({"cancellable_until": NOW - timedelta(seconds=1), "auto_renew": False}, []),
]


@pytest.mark.parametrize(("given_", "kinds"), LEVERS)
def test_better_levers_are_offered(given_: dict[str, Any], kinds: list[LeverKind]) -> None:
    assert [each.kind for each in levers_of(subscription(**given_), NOW)] == kinds


def evidence(**given_: Any) -> Evidence:
    return Evidence(subscriptions=(subscription(**given_),), covered=covered("s-1"),
                    costs=(("s-1", Cost(currency="SEK", pre_tax=310_00, days=31)),))  # fmt: skip


CHANGED: list[dict[str, Any]] = [
    {"quantity": 11},
    {"auto_renew": False},
    {"scheduled_changes": "{}"},
    {"commitment_ends_at": None},
    {"parent_id": "p"},
]


@pytest.mark.parametrize("changed", CHANGED)
def test_a_digest_covers_what_a_person_relied_on_and_not_the_days(changed: dict[str, Any]) -> None:
    decision = due_to_suspend("C1")
    digest = propose(decision, evidence(), POLICY, NOW).digest

    assert propose(decision, evidence(**changed), POLICY, NOW).digest != digest
    assert propose(replace(decision, overdue=1), evidence(), POLICY, NOW).digest != digest
    assert propose(decision, evidence(), replace(POLICY, version="another"), NOW).digest != digest
    later = replace(decision, days_overdue=99, on=decision.on + timedelta(days=1))
    assert propose(later, evidence(), POLICY, NOW + timedelta(days=1)).digest == digest


def test_a_proposal_says_what_waiting_costs() -> None:
    new_commerce = propose(due_to_suspend("C1"), evidence(), POLICY, NOW)
    legacy = propose(due_to_suspend("C1"), evidence(product_type=""), POLICY, NOW)

    assert (new_commerce.waiting_costs, new_commerce.charged_all_the_same) == ((), (("SEK", 70_00),))
    assert (legacy.waiting_costs, legacy.charged_all_the_same) == ((("SEK", 70_00),), ())


def test_a_question_shows_the_ground_and_no_foreign_markup() -> None:
    hostile = evidence(offer_name="<script>alert(1)</script> | [click](http://x) **bold**")
    text = question_text(propose(due_to_suspend("C1"), hostile, POLICY, NOW), due_to_suspend("C1"), None, NOW)

    assert "119.00 SEK overdue of 119.00 SEK open" in text
    assert "2027-03-09 (in 126 days)" in text
    assert "<script>" not in text
    assert "](http" not in text.replace("\\]", "")


def asked_about(*several: Subscription, case: Case | None = None, policy: AccessPolicy = POLICY) -> str:
    """The question about these subscriptions; the first costs 700.00 SEK in ten weeks' days, 70.00 a week."""
    found = Evidence(
        subscriptions=several,
        covered=covered(*(each.subscription_id for each in several)),
        costs=((several[0].subscription_id, Cost(currency="SEK", pre_tax=310_00, days=31)),),
    )
    decision = due_to_suspend("C1")
    return question_text(propose(decision, found, policy, NOW), decision, case, NOW)


ANSWER_WITHIN = timedelta(days=2)
SILENCE = ANSWER_WITHIN + LATE
QUESTIONS: list[tuple[dict[str, Any], timedelta, bool]] = [
    ({}, timedelta(), True),
    ({}, SILENCE - timedelta(seconds=1), True),
    ({}, SILENCE, False),  # whoever asked is gone without a word
    ({}, SILENCE + timedelta(seconds=1), False),
    ({"where": "here"}, timedelta(), False),  # the task died before anybody saw the question, and is tried again
    ({"where": ""}, timedelta(), False),  # somebody looked at it by the command line
    ({"digest": "another"}, timedelta(), False),  # a fact changed: that is another question
    ({"answered": timedelta(seconds=-1)}, timedelta(hours=1), True),  # that answer was to an older one
    ({"answered": timedelta()}, timedelta(hours=1), False),
    ({"answered": timedelta(seconds=1)}, timedelta(hours=1), False),
]


@pytest.mark.parametrize(("given_", "after", "waits"), QUESTIONS)
def test_nobody_is_asked_the_same_while_a_question_waits(given_: dict[str, Any], after: timedelta, waits: bool) -> None:
    answered = given_.get("answered")
    recorded_at = (NOW + answered).isoformat() if answered is not None else ""
    approval = Approval(
        action_id="a", digest="d", word=Word.NO_ANSWER, who=None, why="", asked_in="test", recorded_at=recorded_at
    )
    asked = Asked(digest=given_.get("digest", "d"), at=NOW, where=given_.get("where", "there"))

    is_waiting = is_asked_already(
        asked, "d", approval if recorded_at else None, NOW + after, ANSWER_WITHIN, here="here"
    )

    assert is_waiting is waits
    assert not is_asked_already(None, "d", None, NOW, ANSWER_WITHIN, here="here")


DAYS_ASKED: list[tuple[list[str], set[str], list[str]]] = [
    (["a", "b", "c"], set(), ["a", "b"]),
    (["a", "b", "c"], {"z"}, ["a"]),
    (["a", "b", "c"], {"y", "z"}, []),
    (["a", "b", "c"], {"b", "z"}, ["b"]),  # what is asked anew takes no second place
    (["a", "b", "c"], {"x", "y", "z"}, []),
]


@pytest.mark.parametrize(("wanted", "asked_today", "asked"), DAYS_ASKED)
def test_so_many_questions_a_day_and_the_largest_debts_first(
    wanted: list[str], asked_today: set[str], asked: list[str]
) -> None:
    assert to_be_asked(wanted, asked_today, 2) == asked


def test_a_question_says_at_a_glance_what_a_yes_does_and_saves() -> None:
    changes = {"scheduled_changes": '{"quantity":8}', "cancellable_until": NOW + timedelta(days=2)}
    text = asked_about(subscription(**changes), subscription("s-2", product_type="", quantity=3, auto_renew=False))
    glance = text.partition("### What would be suspended")[0]

    assert "blocks the users of 13 seats of 2 subscriptions at once" in glance
    assert "**It saves nothing** at Microsoft" in glance  # what the legacy one costs is not known
    assert "**It doesn't save** 70.00 SEK a week" in glance
    assert "about 1\N{NO-BREAK SPACE}260.00 SEK until the terms end" in glance  # 126 days of 10.00
    assert "**Lost until it is given back**: auto-renew and scheduled changes." in glance
    assert "**Perhaps better**, below: cancel instead, auto renew off, fewer seats." in glance
    assert "one week's wait costs us that much" in asked_about(subscription(product_type=""))
    assert "| bills on to the term's end, about 1\N{NO-BREAK SPACE}260.00\N{NO-BREAK SPACE}SEK |" in text


@pytest.mark.parametrize("product_type", ["OnlineServicesNCE", ""])
def test_a_question_says_what_is_at_stake_when_one_waits_a_week(product_type: str) -> None:
    """119.00 are open, and Microsoft charges 70.00 in a week; of the one that costs nothing nobody knows, nothing."""
    glance = asked_about(subscription(product_type=product_type)).partition("### What would be suspended")[0]

    assert "**At stake if one waits a week**: 189.00 SEK, of it 119.00 SEK open now" in glance
    unknown = question_text(
        propose(due_to_suspend("C1"), replace(evidence(), costs=()), POLICY, NOW), due_to_suspend("C1"), None, NOW
    )
    assert "**At stake if one waits a week**: 119.00 SEK, of it 119.00 SEK open now" in unknown
    assert "what Microsoft charges meanwhile is not known" in unknown
    foreign = replace(evidence(), costs=(("s-1", Cost(currency="EUR", pre_tax=31_00, days=31)),))
    both = question_text(propose(due_to_suspend("C1"), foreign, POLICY, NOW), due_to_suspend("C1"), None, NOW)
    assert "**At stake if one waits a week**: 7.00 EUR, 119.00 SEK, of it 119.00 SEK open now" in both


def test_better_levers_are_shown_with_their_last_moment_and_left_to_a_person() -> None:
    text = asked_about(subscription(cancellable_until=NOW), subscription("s-2", auto_renew=False))
    levers = text.partition("### What may serve better")[2].partition("###")[0]

    assert "- **Cancel instead** until 2026-11-03 09:00 UTC: it can still be cancelled" in levers
    assert "- **Auto renew off** until 2027-03-09 23:59 UTC: without auto-renew no new term is owed" in levers
    assert "- **Fewer seats** until 2027-03-09 23:59 UTC" in levers
    assert "nothing of it is done here" in levers
    assert "serve better" not in asked_about(subscription(auto_renew=False))


def test_a_question_tells_what_was_said_and_how_promises_stand() -> None:
    promise = Hold(
        hold_id="h",
        kind=HoldKind.PROMISE,
        customer_id="C1",
        reason="by Friday",
        placed_by="Ada Lund",
        placed_on=date(2026, 10, 12),
        currency="SEK",
        instalments=(Instalment(due_on=date(2026, 10, 16), amount=119_00),),
    )
    notice = Notice(
        stage="final_notice",
        round_id="1.1",
        on=date(2026, 10, 9),
        delivery=Delivery.BOUNCED,
        receivable_ids=frozenset(),
    )
    case = Case(customer_id="C1", name="C1 AB", country="SE", party_kind="company", notices=(notice,), holds=(promise,))
    text = asked_about(subscription(), case=case)

    assert "- 2026-10-09: final notice, bounced" in text
    assert "- 2026-10-12: promise by Ada Lund, broken: by Friday" in text


@pytest.mark.parametrize(("named", "shown"), [(frozenset({"s-1"}), True), (frozenset({"s-2"}), False)])
def test_azure_in_production_is_shown_only_by_name_and_with_the_way_back(named: frozenset[str], shown: bool) -> None:
    plan = subscription(family=Family.AZURE, product_type="Azure", offer_name="Azure plan")
    text = asked_about(plan, policy=replace(POLICY, azure=named))

    entitlements = "/v1/customers/t/subscriptions/s-1/azureEntitlements"
    for part in (f"`GET {entitlements}`", f"`POST {entitlements}/ID/cancel`", f"`POST {entitlements}/ID/reactivate`",
                 "900115", "**Can't be**: reservations and savings plans"):  # fmt: skip
        assert (part in text) is shown
    assert ("never stopped by the machine" in text) is shown


def test_what_differs_from_what_was_shown_is_named() -> None:
    target = propose(due_to_suspend("C1"), evidence(), POLICY, NOW).targets[0]

    assert differences(target, subscription()) == ()
    assert differences(target, subscription(quantity=11)) == ("seats was 10, is 11",)


def test_a_snapshot_comes_back_from_text_as_it_was() -> None:
    made = snapshot_of(subscription(scheduled_changes='{"b": 1, "a": 2}', suspension_reasons=("b", "a")))

    assert from_text(to_text(made)) == made
    again = replace(made, scheduled_changes='{"a":2,"b":1}')
    assert renewal_differences(made, again) == ()
    assert len(renewal_differences(made, replace(made, auto_renew=False, quantity=9, scheduled_changes=""))) == 3


def standing(event: ChangeEvent = ChangeEvent.BROKE_OFF, minutes: int = 0, tries: int = 1) -> Standing:
    change = Change(action_id="a", customer_id="C1", direction=Direction.SUSPEND, snapshot=snapshot_of(subscription()))
    began = NOW - timedelta(minutes=minutes)
    return Standing(change=change, event=event, at=began, tries=tries, began_at=began)


SETTLED = [
    (standing(), "suspended", Next.VERIFIED),
    (standing(minutes=9), "active", Next.WAIT),
    (standing(minutes=10), "active", Next.SEND),
    (standing(minutes=10, tries=4), "active", Next.SEND),
    (standing(minutes=10, tries=5), "active", Next.PERSON),
    (standing(ChangeEvent.PUT_OFF), "active", Next.SEND),
    (standing(ChangeEvent.PREPARED, tries=0), "active", Next.SEND),
    (standing(), "disabled", Next.PERSON),
    (standing(), "a word of tomorrow's", Next.PERSON),
]


@pytest.mark.parametrize(("one", "status", "expected"), SETTLED)
def test_what_a_reading_means(one: Standing, status: str, expected: Next) -> None:
    assert settle(one, subscription(status=status), NOW, POLICY) is expected


ENDINGS: list[tuple[list[tuple[ChangeEvent, datetime | None]], str, Event]] = [
    ([(ChangeEvent.VERIFIED, None)], "", Event.DONE),
    ([(ChangeEvent.VERIFIED, None), (ChangeEvent.REFUSED, None)], "", Event.DONE),
    ([(ChangeEvent.VERIFIED, None), (ChangeEvent.PUT_OFF, NOW)], "", Event.FAILED),
    ([(ChangeEvent.VERIFIED, None), (ChangeEvent.PREPARED, None)], "paid", Event.DONE),
    ([(ChangeEvent.PREPARED, None)], "paid", Event.SUPERSEDED),
    ([(ChangeEvent.REFUSED, None)], "", Event.FAILED),
    ([(ChangeEvent.NOT_OURS, None)], "", Event.FAILED),
    ([], "", Event.FAILED),
]


@pytest.mark.parametrize(("events", "why_not", "event"), ENDINGS)
def test_how_an_action_ends(events: list[Any], why_not: str, event: Event) -> None:
    assert ending_of(events, why_not, "suspended").event is event


LIMITS = Breaker(number_max=10, share_per_mille_max=100, usual_multiple_max=3, canary=2)


def load(wanted: int = 5, **given_: Any) -> AccessLoad:
    made = AccessLoad(load=Load(wanted=wanted, done_today=0, owing=100, usual=[]), open={"SEK": 1000})
    return replace(made, **given_)


def matched(share: int, payments: int = PAYMENTS_MIN) -> MatchRate:
    return MatchRate(matched=share * payments // 100, payments=payments)


TRIPS: list[tuple[AccessLoad, list[str]]] = [
    (load(10), []),
    (load(11), ["number", "share_per_mille"]),
    (load(0, feed_stale="old"), []),
    (load(feed_stale="the feed of DE00 is old"), ["bank_feed"]),
    (load(value={"SEK": 100}), []),
    (load(value={"SEK": 101}), ["value_per_mille"]),
    (load(value={"EUR": 1}), ["value_per_mille"]),  # nobody owes anything in it, as far as the last reconciliation saw
    (load(2, value={"SEK": 999}), []),
    (load(lately=matched(75), usually=matched(90)), []),
    (load(lately=matched(70), usually=matched(90)), ["matched_per_mille"]),
    (load(lately=matched(0, PAYMENTS_MIN - 1), usually=matched(90)), []),
    (load(lately=matched(0), usually=matched(90, PAYMENTS_MIN - 1)), []),
]


@pytest.mark.parametrize(("one", "rules"), TRIPS)
def test_what_trips_the_breaker(one: AccessLoad, rules: list[str]) -> None:
    reasons = why_tripped(one, LIMITS, POLICY)

    assert [reason.rule for reason in reasons] == rules
    assert bool(likely_cause(reasons)) is bool(rules)


def test_ids_of_two_kinds_can_not_be_compared_so_names_are() -> None:
    """Who answered in Airflow is not a second person at the command line."""
    answered = Approver(id="7", name="Ada Lund", auth_manager="FabAuthManager")

    with pytest.raises(ByHandRefused, match="second person"):
        check_releaser(Approver(id="cli:ada lund", name="ADA lund", auth_manager="cli"), [answered])
    check_releaser(Approver(id="cli:bea ek", name="Bea Ek", auth_manager="cli"), [answered])
    check_releaser(Approver(id="8", name="Ada Lund", auth_manager="FabAuthManager"), [answered])


@pytest.mark.parametrize(("own", "passes"), [("bea", True), ("ada", False), ("ADA", False), (" ", False)])
def test_who_approved_any_of_it_releases_nothing(own: str, passes: bool) -> None:
    who = Approver(id=own, name="Bea", auth_manager="test")
    approvers = [None, Approver(id="ada", name="Ada Lund", auth_manager="test")]

    if passes:
        check_releaser(who, approvers)
        return
    with pytest.raises(ByHandRefused):
        check_releaser(who, approvers)
