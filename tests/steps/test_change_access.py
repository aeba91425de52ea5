"""Access taken and given back at the emulator: each promise, on both ledgers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.access_tables import access_approval
from csp_receivables.adapters.ledger.collections_facts import read_holds
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.adapters.ledger.outbox_tables import action_state
from csp_receivables.adapters.ledger.tables import finding
from csp_receivables.domain.access.approvals import Approval, Approver, Word
from csp_receivables.domain.access.door import Door, why_closed
from csp_receivables.domain.access.policy import Protected
from csp_receivables.domain.access.timing import wrong_hour
from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHandRefused, person
from csp_receivables.domain.outbox.gate import Moment
from csp_receivables.steps.change_access.limits import release
from emulator.faults import Wanted
from emulator.portfolio import add_subscription
from emulator.server import Emulator
from tests.access_desk import ADA, BEA, AccessDesk, access_desk, document, due_to_suspend, legacy, settled
from tests.conftest import StandingClock
from tests.emulator.serving import empty_world
from tests.ledgers_with_debtors import rows_of
from tests.letters import STOCKHOLM


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(empty_world()) as emulator:
        yield emulator


@pytest.fixture
def desk(demo_ledger: Ledger, served: Emulator, clock: StandingClock, tmp_path: Path) -> Iterator[AccessDesk]:
    with access_desk(demo_ledger, served, clock, tmp_path) as desk:
        yield desk


def test_what_a_person_approved_is_suspended_and_comes_back_as_it_was_once_it_is_paid(desk: AccessDesk) -> None:
    action = desk.customer("C1", document("s-1"), document("s-2"))
    before = desk.at_microsoft("s-1")

    assert desk.perform().waits == {"nobody was asked yet": 1}
    assert desk.approve() == [action]
    done = desk.perform()

    assert (done.ended, done.findings) == ({"suspended": 1}, [])
    assert [desk.at_microsoft(own)["status"] for own in ("s-1", "s-2")] == ["suspended", "suspended"]
    assert desk.at_microsoft("s-1")["autoRenewEnabled"] is False
    assert (desk.state(action), desk.story("s-1")) == ("done", ["prepared", "began", "accepted", "verified"])

    desk.pays("C1")
    back = desk.restore()

    assert (back.ended, back.findings) == ({"restored": 1}, [])
    assert desk.at_microsoft("s-1") == before
    assert desk.story("s-1", "restore") == [
        "prepared", "began", "accepted", "status_back", "began", "accepted", "verified",
    ]  # fmt: skip
    assert (desk.perform().ended, desk.restore().ended) == ({}, {})
    assert desk.changes_at("s-1") == 3


def approved(desk: AccessDesk, customer: str = "C1", *documents: Any) -> str:
    action = desk.customer(customer, *(documents or (document(f"{customer.lower()}-1"),)))
    desk.approve()
    return action


# --- what people answer


@pytest.mark.parametrize(
    ("word", "given", "state"),
    [
        (Word.DECLINE, {}, "declined"),
        (Word.NO_ANSWER, {"who": None, "why": ""}, "expired"),
        (Word.HOLD, {"until": date(2026, 11, 20)}, "superseded"),
    ],
)
def test_every_other_answer_is_a_no(desk: AccessDesk, word: Word, given: dict[str, Any], state: str) -> None:
    action = desk.customer("C1", document("c1-1"))
    desk.approve(word=word, **given)

    assert desk.perform().ended == {}
    assert (desk.state(action), desk.changes_at("c1-1")) == (state, 0)


def test_a_hold_until_a_day_is_a_hold_like_any_other(desk: AccessDesk) -> None:
    desk.customer("C1", document("c1-1"))
    desk.approve(word=Word.HOLD, until=date(2026, 11, 20))

    with desk.ledger.reading() as connection:
        (hold,) = read_holds(connection, date(2026, 11, 3), "9")["C1"]
    assert (hold.kind, hold.until, hold.placed_by) == (HoldKind.MANUAL, date(2026, 11, 20), "Ada Lund")


def test_nobody_is_a_no_that_is_asked_again_the_next_day(desk: AccessDesk) -> None:
    desk.customer("C1", document("c1-1"))
    desk.approve(word=Word.NO_ANSWER, who=None, why="")
    assert desk.questions() == []

    desk.decide(due_to_suspend("C1"))

    assert len(desk.questions()) == 1


BAD_ANSWERS: list[tuple[dict[str, Any], str]] = [
    ({"who": None}, "the person"),
    ({"who": Approver(id=" ", name="Ada", auth_manager="test")}, "the person"),
    ({"why": " "}, "a reason"),
    ({"word": Word.HOLD}, "a last day"),
    ({"word": Word.HOLD, "until": date(2026, 11, 2)}, "a last day"),
    ({"until": date(2026, 11, 20)}, "only a hold"),
    ({"word": Word.NO_ANSWER}, "names a person"),
    ({"digest": "another"}, "have changed"),
    ({"action_id": "C9/1.1/suspension/propose_suspension"}, "no action"),
]


@pytest.mark.parametrize(("given", "said"), BAD_ANSWERS)
def test_an_answer_that_is_none_is_refused(desk: AccessDesk, given: dict[str, Any], said: str) -> None:
    action = desk.customer("C1", document("c1-1"))

    with pytest.raises(ByHandRefused, match=said):
        desk.approve(**given)

    assert (desk.state(action), desk.book.approval(action)) == ("proposed", None)


def test_acting_demands_the_row_whatever_the_outbox_says(desk: AccessDesk) -> None:
    action = desk.customer("C1", document("c1-1"))
    LedgerOutboxDesk(desk.ledger).release(action, person("Ada", "past the breaker"))
    assert desk.state(action) == "approved"

    assert desk.perform().waits == {"nobody was asked yet": 1}
    assert desk.changes_at("c1-1") == 0


@pytest.mark.parametrize(("days", "seconds", "changes"), [(3, 0, 1), (3, 1, 0)])
def test_an_answer_holds_for_days(desk: AccessDesk, days: int, seconds: int, changes: int) -> None:
    approved(desk)
    with desk.ledger.reading() as connection:
        given = datetime.fromisoformat(connection.execute(select(access_approval.c.recorded_at)).scalar_one())

    desk.wait(given + timedelta(days=days, seconds=seconds) - desk.clock.now)
    waits = desk.perform().waits

    assert desk.changes_at("c1-1") == changes
    assert bool(waits) is not bool(changes)


def test_what_changed_since_is_asked_again(desk: AccessDesk) -> None:
    action = approved(desk)
    world = desk.emulator.world
    add_subscription(world, "c1-tenant", document("c1-1", quantity=25))

    assert desk.perform().ended == {"stale": 1}
    assert "seats was 10, is 25" in desk.why(action)
    assert desk.perform().waits == {"what the answer rested on has changed since": 1}
    assert desk.changes_at("c1-1") == 0

    desk.approve()
    assert desk.perform().ended == {"suspended": 1}


# --- the last look


def test_who_paid_meanwhile_keeps_access(desk: AccessDesk) -> None:
    action = approved(desk)
    desk.decided.decisions["C1"] = replace(due_to_suspend("C1"), answer=Answer.WAIT, stage="clear")

    assert desk.perform().ended == {"superseded": 1}
    assert (desk.state(action), desk.changes_at("c1-1")) == ("superseded", 0)


def test_who_pays_between_two_subscriptions_keeps_the_second_and_gets_the_first_back(desk: AccessDesk) -> None:
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    before = desk.at_microsoft("c1-1")
    desk.decided.after = lambda: desk.pays("C1") if desk.changes_at("c1-1") else None

    done = desk.perform()

    assert (done.ended, desk.state(action)) == ({"suspended": 1}, "done")
    assert (desk.at_microsoft("c1-1")["status"], desk.changes_at("c1-2")) == ("suspended", 0)
    assert desk.restore().ended == {"restored": 1}
    assert desk.at_microsoft("c1-1") == before
    assert desk.changes_at("c1-2") == 0


def test_a_hold_outranks_an_approval(desk: AccessDesk) -> None:
    action = approved(desk)
    LedgerOutboxDesk(desk.ledger).hold(action, person("Bea", "a call this afternoon"))

    assert desk.perform().ended == {}
    assert (desk.state(action), desk.changes_at("c1-1")) == ("held", 0)
    with pytest.raises(ByHandRefused, match="takes no answer"):
        desk.book.answer(replace(an_answer(desk, action), why="again"), "C1")


def an_answer(desk: AccessDesk, action: str) -> Approval:
    found = desk.book.approval(action)
    assert found is not None
    return found


# --- the door


def test_a_stop_holds_everything_restoring_too(desk: AccessDesk) -> None:
    approved(desk)
    book = LedgerOutboxDesk(desk.ledger)
    book.stop(person("Ada", "something is wrong"))

    done = desk.perform()
    assert "stopped since" in done.because
    assert desk.changes_at("c1-1") == 0

    book.start(person("Ada", "it was nothing"))
    assert desk.perform().ended == {"suspended": 1}
    desk.pays("C1")
    book.stop(person("Ada", "something is wrong"))
    assert "stopped since" in desk.restore().because
    assert desk.at_microsoft("c1-1")["status"] == "suspended"


def test_a_stop_between_two_subscriptions_holds_the_second(desk: AccessDesk) -> None:
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    book = LedgerOutboxDesk(desk.ledger)

    def stop() -> None:
        if desk.changes_at("c1-1") and not book.stopped():
            book.stop(person("Ada", "something is wrong"))

    desk.emulator.world.behaviour = replace(desk.emulator.world.behaviour, slow_share=1.0, settle_seconds=5)
    desk.waited = stop

    assert "stopped since" in desk.perform().because
    assert (desk.state(action), desk.changes_at("c1-2")) == ("proposed", 0)
    desk.waited = None
    book.start(person("Ada", "go on"))
    assert desk.perform().ended == {"suspended": 1}
    assert (desk.changes_at("c1-1"), desk.changes_at("c1-2")) == (1, 1)


def test_a_run_about_the_past_changes_nothing(desk: AccessDesk) -> None:
    approved(desk)

    done = desk.perform(historical="2025-01-31 is the past")

    assert (done.because, done.ended) == ("2025-01-31 is the past", {})
    desk.pays("C1")
    assert desk.restore(historical="2025-01-31 is the past").ended == {}
    assert [each for each in desk.emulator.world.log.entries if each.method == "PATCH"] == []


def test_a_real_ledger_outside_production_changes_nothing(
    ledger: Ledger, served: Emulator, clock: StandingClock, tmp_path: Path
) -> None:
    with access_desk(ledger, served, clock, tmp_path) as real:
        real.customer("C1", document("c1-1"))
        real.approve()

        assert "a real ledger to Microsoft only" in real.perform().because
        assert real.changes_at("c1-1") == 0


DOORS = [
    ({"is_demo": True, "is_emulator": True, "is_production": False}, True),
    ({"is_demo": True, "is_emulator": False, "is_production": False}, False),
    ({"is_demo": False, "is_emulator": True, "is_production": True}, False),
    ({"is_demo": False, "is_emulator": False, "is_production": False}, False),
    ({"is_demo": False, "is_emulator": False, "is_production": True}, True),
    ({"is_demo": True, "is_emulator": True, "is_production": False, "stop": "a stop"}, False),
    ({"is_demo": True, "is_emulator": True, "is_production": False, "historical": "the past"}, False),
]


@pytest.mark.parametrize(("given", "is_open"), DOORS)
def test_who_may_change_what(given: dict[str, Any], is_open: bool) -> None:
    assert (why_closed(Door(**given)) == "") is is_open


# --- hours


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 11, 7, 10, tzinfo=UTC), "no working day"),  # a Saturday
        (datetime(2026, 11, 6, 14, tzinfo=UTC), "a day off begins"),  # Friday, 15 o'clock in Stockholm, 9 h before
        (datetime(2026, 12, 24, 10, tzinfo=UTC), "no working day"),
    ],
)
def test_nobody_loses_access_when_nobody_can_answer(desk: AccessDesk, moment: datetime, said: str) -> None:
    desk.policy = replace(desk.policy, hours_before_days_off=10)
    desk.customer("C1", document("c1-1"))
    desk.wait(moment - desk.clock.now)
    desk.approve()

    (why,) = desk.perform().waits

    assert said in why
    assert desk.changes_at("c1-1") == 0


@pytest.mark.parametrize(("end", "changes"), [("08:59:59", 0), ("09:00:00", 0), ("09:00:01", 1)])
def test_nothing_is_changed_around_a_renewal(desk: AccessDesk, end: str, changes: int) -> None:
    action = approved(desk, "C1", document("c1-1", commitmentEndDateTime=f"2026-11-04T{end}Z"))

    desk.perform()

    assert desk.changes_at("c1-1") == changes
    if not changes:
        assert desk.story("c1-1") == ["prepared", "put_off"]
        assert desk.state(action) == "failed"


REST = [
    (datetime(2026, 11, 7, 10, tzinfo=UTC), 0),  # a Saturday
    (datetime(2026, 11, 6, 18, 59, 59, tzinfo=UTC), 1),  # Friday, more than four hours before the weekend
    (datetime(2026, 11, 6, 19, 0, tzinfo=UTC), 0),  # Friday, four hours before it
    (datetime(2026, 12, 24, 10, tzinfo=UTC), 0),  # Christmas Eve
]


@pytest.mark.parametrize(("moment", "changes"), REST)
def test_the_rest_of_a_suspension_obeys_the_hours_too(desk: AccessDesk, moment: datetime, changes: int) -> None:
    """The process dies between two subscriptions, and the next one comes at another hour."""
    desk.policy = replace(desk.policy, approval_days=99)
    action = half_done(desk)
    desk.wait(moment - desk.clock.now)

    assert desk.perform().ended == {"suspended" if changes else "waits": 1}

    assert (desk.changes_at("c1-1"), desk.changes_at("c1-2")) == (1, changes)
    if not changes:
        assert desk.perform().ended == {}  # not before the hour has come
        again = retry_at(desk, action)
        assert wrong_hour(hours_in_sweden(again), desk.policy) == ""
        assert wrong_hour(hours_in_sweden(again - timedelta(minutes=15)), desk.policy)
        desk.wait(again - desk.clock.now)
        assert desk.perform().ended == {"suspended": 1}
        assert desk.changes_at("c1-2") == 1


def half_done(desk: AccessDesk, settle_seconds: int = 0) -> str:
    """One of two subscriptions is suspended, or will be seen to be by and by, and the process died."""
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, slow_share=min(settle_seconds, 1), settle_seconds=settle_seconds)

    class Died(BaseException):
        pass

    def dies() -> None:
        if desk.changes_at("c1-1"):
            raise Died

    desk.decided.after = desk.waited = dies
    with pytest.raises(Died):
        desk.perform()
    desk.decided.after = desk.waited = None
    desk.later(minutes=16)  # until the claim of the dead lapses
    return action


def hours_in_sweden(now: datetime) -> Moment:
    return Moment(now=now, zones=(STOCKHOLM,), country="SE")


def test_what_is_in_the_air_is_settled_at_any_hour_and_nothing_else_is_sent(desk: AccessDesk) -> None:
    desk.policy = replace(desk.policy, approval_days=99)
    action = half_done(desk, settle_seconds=300)
    assert desk.story("c1-1")[-1] == "accepted"
    desk.wait(datetime(2026, 11, 7, 10, tzinfo=UTC) - desk.clock.now)

    desk.perform()

    assert desk.story("c1-1")[-1] == "verified"
    assert (desk.changes_at("c1-2"), desk.state(action)) == (0, "failed")


def test_a_rest_whose_answer_ran_out_is_left_and_told(desk: AccessDesk) -> None:
    action = half_done(desk)
    desk.later(days=6)

    assert desk.perform().ended == {"suspended": 1}
    assert (desk.state(action), desk.changes_at("c1-2"), desk.findings()) == ("done", 0, ["access.rest_left"])
    assert "the answer is older than 3 days" in desk.why(action)


# --- Microsoft's answers


BREAKS = {"closed_before": 1, "closed_after": 1, "error_500": 1, "html_502": 1, "empty_body": 1, "html_200": 1}


@pytest.mark.parametrize("fault", list(BREAKS))
def test_a_change_that_broke_off_is_settled_by_reading(desk: AccessDesk, fault: str) -> None:
    action = approved(desk)
    desk.emulator.world.faults.want(Wanted(kind=fault, method="PATCH"))

    first = desk.perform()
    desk.later(minutes=11)
    desk.perform()

    assert first.findings == []
    assert (desk.state(action), desk.at_microsoft("c1-1")["status"]) == ("done", "suspended")
    assert desk.changes_at("c1-1") == 1
    desk.pays("C1")
    desk.emulator.world.faults.want(Wanted(kind=fault, method="PATCH"))
    desk.restore()
    desk.later(minutes=11)
    desk.restore()
    shown = desk.at_microsoft("c1-1")
    assert (shown["status"], shown["autoRenewEnabled"], shown["scheduledNextTermInstructions"]["quantity"]) == (
        "active", True, 8,
    )  # fmt: skip


@pytest.mark.parametrize(("seconds", "first"), [(5, "suspended"), (300, "later")])
def test_what_takes_its_time_is_read_until_it_shows(desk: AccessDesk, seconds: int, first: str) -> None:
    action = approved(desk)
    desk.emulator.world.behaviour = replace(desk.emulator.world.behaviour, slow_share=1.0, settle_seconds=seconds)

    assert desk.perform().ended == {first: 1}
    desk.later(minutes=11)
    desk.perform()

    assert (desk.state(action), desk.changes_at("c1-1")) == ("done", 1)


@pytest.mark.parametrize(("code", "minutes"), [(800082, 2), (900278, 24 * 60)])
def test_a_renewal_at_microsoft_is_waited_for(desk: AccessDesk, code: int, minutes: int) -> None:
    action = approved(desk)
    world = desk.emulator.world
    own = world.subscriptions["c1-1"]
    world.subscriptions["c1-1"] = replace(own, renewing_until=desk.clock.now + timedelta(minutes=minutes - 1))
    world.behaviour = replace(world.behaviour, renewal_code=code)

    assert desk.perform().ended == {"later": 1}
    assert retry_at(desk, action) == desk.clock.now + timedelta(minutes=minutes)


def retry_at(desk: AccessDesk, action: str) -> datetime:
    with desk.ledger.reading() as connection:
        query = select(action_state.c.retry_at).where(action_state.c.action_id == action)
        return datetime.fromisoformat(connection.execute(query).scalar_one())


def test_what_microsoft_refuses_for_good_is_for_a_person(desk: AccessDesk) -> None:
    action = approved(desk)
    desk.emulator.world.behaviour = replace(desk.emulator.world.behaviour, changes_a_day=0)

    done = desk.perform()

    assert (done.ended, desk.findings()) == ({"failed": 1}, ["access.refused"])
    desk.later(days=1)
    assert desk.perform().ended == {}
    assert (desk.state(action), desk.story("c1-1")) == ("failed", ["prepared", "began", "refused"])


def test_the_partners_own_credit_limit_is_told_beside_the_refusal(desk: AccessDesk) -> None:
    approved(desk)
    world = desk.emulator.world
    own = world.subscriptions["c1-1"]
    world.subscriptions["c1-1"] = replace(own, renewing_until=desk.clock.now + timedelta(minutes=1))
    world.behaviour = replace(world.behaviour, renewal_code=900121)

    assert desk.perform().ended == {"failed": 1}
    told = sorted(code for (code,) in rows_of(desk.ledger, finding, "code"))
    assert told == ["access.refused", "microsoft.credit_limit"]


def test_a_customer_who_left_us_is_told_and_the_others_go_on(desk: AccessDesk) -> None:
    desk.customer("C1", document("c1-1"))
    desk.customer("C2", document("c2-1"))
    desk.approve()
    world = desk.emulator.world
    world.customers["c1-tenant"] = replace(world.customers["c1-tenant"], related=False)

    done = desk.perform()

    assert done.ended == {"unreadable": 1, "suspended": 1}
    assert desk.findings() == ["access.unreadable"]


def test_a_consent_that_is_lost_ends_the_run_and_nothing_is_lost(desk: AccessDesk) -> None:
    action = approved(desk)
    desk.emulator.world.faults.want(Wanted(kind="mfa_missing", method="GET", path="subscriptions", times=9))

    assert "second factor" in desk.perform().because
    desk.emulator.world.faults.clear()
    assert desk.state(action) == "proposed"
    assert desk.perform().ended == {"suspended": 1}


def test_who_was_suspended_already_is_not_ours(desk: AccessDesk) -> None:
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    tenant = "c1-tenant"
    reads = desk.actor.subscriptions
    reads.set_status(reads.read(tenant, "c1-2"), "suspended")
    desk.sync(tenant)

    assert desk.perform().waits == {"what the answer rested on has changed since": 1}
    desk.approve()
    desk.perform()
    desk.pays("C1")
    desk.restore()

    assert desk.state(action) == "done"
    assert [desk.at_microsoft(own)["status"] for own in ("c1-1", "c1-2")] == ["active", "suspended"]


# --- what belongs together


def test_a_legacy_base_takes_its_add_on_along_and_both_come_back_base_first(desk: AccessDesk) -> None:
    action = approved(desk, "C1", legacy("z-base"), legacy("a-add-on", parentSubscriptionId="z-base"))

    assert desk.perform().ended == {"suspended": 1}
    assert (desk.changes_at("z-base"), desk.changes_at("a-add-on")) == (1, 0)
    assert desk.story("a-add-on") == ["prepared", "verified"]
    desk.pays("C1")
    assert desk.restore().ended == {"restored": 1}
    assert [desk.at_microsoft(own)["status"] for own in ("z-base", "a-add-on")] == ["active", "active"]
    order = [each.path.rsplit("/", 1)[1] for each in desk.emulator.world.log.entries if each.method == "PATCH"]
    assert order[1:] == ["z-base", "a-add-on"]
    assert desk.state(action) == "done"


def test_a_base_stays_while_its_add_on_must(desk: AccessDesk) -> None:
    desk.policy = replace(desk.policy, protected=Protected(subscriptions=frozenset({"a-add-on"})))
    desk.customer("C1", legacy("z-base"), legacy("a-add-on", parentSubscriptionId="z-base"), document("c1-1"))

    (asked,) = desk.questions()

    assert [each.subscription_id for each in asked.proposal.targets] == ["c1-1"]
    assert [each.because for each in asked.proposal.left_out] == [
        "the policy protects this subscription by its id",
        "it would take its add-on a-add-on along, which stays",
    ]


# --- giving back


def test_only_what_we_took_comes_back_and_only_for_our_reasons(desk: AccessDesk) -> None:
    approved(desk)
    desk.perform()
    own = desk.emulator.world.subscriptions["c1-1"]
    document_now = own.document | {"suspensionReasons": ["PartnerSuspended", "Expiration"]}
    desk.emulator.world.subscriptions["c1-1"] = replace(own, document=document_now)
    desk.pays("C1")

    done = desk.restore()

    assert (desk.changes_at("c1-1"), desk.findings()) == (1, ["access.not_ours"])
    assert "Expiration" in done.findings[0].found


def test_what_somebody_else_gave_back_is_told_and_not_touched(desk: AccessDesk) -> None:
    approved(desk)
    desk.perform()
    reads = desk.actor.subscriptions
    reads.set_status(reads.read("c1-tenant", "c1-1"), "active")
    desk.pays("C1")

    desk.restore()

    assert desk.changes_at("c1-1") == 2
    assert desk.findings() == ["access.not_ours", "access.renewal_differs"]


def test_what_ran_out_meanwhile_is_for_a_person(desk: AccessDesk) -> None:
    approved(desk, "C1", document("c1-1", commitmentEndDateTime="2026-11-20T23:59:59Z", commitmentEndDate="2026-11-20"))
    desk.perform()
    desk.later(days=20)
    desk.pays("C1")

    desk.restore()

    assert desk.findings() == ["access.odd_status"]


def test_access_waits_for_a_renewal_and_comes_back_after_it(desk: AccessDesk) -> None:
    approved(desk)
    desk.perform()
    world = desk.emulator.world
    own = world.subscriptions["c1-1"]
    world.subscriptions["c1-1"] = replace(own, renewing_until=desk.clock.now + timedelta(minutes=1))
    desk.pays("C1")

    assert desk.restore().ended == {"later": 1}
    desk.later(minutes=2)
    assert desk.restore().ended == {"restored": 1}
    assert desk.findings() == []


def test_a_persons_word_gives_back_what_is_not_paid(desk: AccessDesk) -> None:
    approved(desk)
    desk.perform()
    desk.decided.decisions["C1"] = replace(due_to_suspend("C1"), answer=Answer.WAIT)
    desk.decide(settled("C1"))
    desk.decided.decisions["C1"] = replace(due_to_suspend("C1"), answer=Answer.WAIT)
    action = settled("C1").action_id
    LedgerOutboxDesk(desk.ledger).release(action, person("Ada", "the invoice was wrong"))

    assert desk.restore().ended == {"restored": 1}
    assert desk.at_microsoft("c1-1")["status"] == "active"


# --- the breaker


def crowd(desk: AccessDesk, customers: int, **limits: Any) -> list[str]:
    desk.decided.policy = replace(desk.decided.policy, suspensions=replace(desk.decided.policy.suspensions, **limits))
    desk.owing(1000)
    actions = [desk.customer(f"C{number}", document(f"c{number}-1")) for number in range(customers)]
    desk.approve()
    return actions


@pytest.mark.parametrize(("customers", "goes"), [(2, True), (3, True), (4, False)])
def test_more_than_the_policy_allows_and_none_goes(desk: AccessDesk, customers: int, goes: bool) -> None:
    crowd(desk, customers, number_max=3)

    done = desk.perform()

    assert done.ended == ({"suspended": customers} if goes else {})
    assert desk.findings() == ([] if goes else ["access.breaker"])


def test_what_was_done_today_counts(desk: AccessDesk) -> None:
    crowd(desk, 3, number_max=3)
    desk.perform()
    approved(desk, "C9")

    assert desk.perform().ended == {}


def test_a_limit_is_of_a_day_and_midnight_ends_it(desk: AccessDesk) -> None:
    desk.wait(datetime(2026, 11, 3, 22, 50, tzinfo=UTC) - desk.clock.now)  # ten minutes to midnight in Stockholm
    crowd(desk, 2, number_max=2)
    assert desk.perform().ended == {"suspended": 2}
    approved(desk, "C9")

    assert [why.partition(":")[0] for why in desk.perform().waits] == ["the breaker"]
    desk.later(minutes=9, seconds=50)
    assert desk.perform().ended == {}
    desk.later(seconds=11)
    assert desk.perform().ended == {"suspended": 1}


def test_two_runs_that_each_fit_pass_no_limit_together(desk: AccessDesk) -> None:
    """Each looked when nothing had begun: what counts is asked again in the transaction that begins a suspension."""
    crowd(desk, 6, number_max=3)
    beside = desk.beside("another worker")
    beside.is_alone()
    beside.decided.policy = desk.decided.policy
    workers = [desk.performer(), beside.performer()]
    found = [worker.proposer.due() for worker in workers]

    def three(place: int) -> list[str]:
        return [workers[place].suspend(due).how for due in found[place][3 * place : 3 * place + 3]]

    with ThreadPoolExecutor(2) as pool:
        hows = [how for several in pool.map(three, (0, 1)) for how in several]

    assert Counter(hows) == {"suspended": 3, "waits": 3}
    taken = [number for number in range(6) if desk.changes_at(f"c{number}-1")]
    assert len(taken) == 3
    assert desk.perform().ended == {}
    assert len(desk.findings()) == 1
    release(desk.proposer()[1], BEA, "they are right")
    assert desk.perform().ended == {"suspended": 3}


@pytest.mark.parametrize(("behaviour", "ended"), [
    ({"slow_share": 1.0, "settle_seconds": 300}, {}),  # in the air: it may have happened, so it counts
    ({"changes_a_day": 0}, {"suspended": 1}),  # refused: it did not
])  # fmt: skip
def test_what_may_have_happened_counts_and_what_did_not_does_not(
    desk: AccessDesk, behaviour: dict[str, Any], ended: dict[str, int]
) -> None:
    crowd(desk, 1, number_max=1)
    world = desk.emulator.world
    before, world.behaviour = world.behaviour, replace(world.behaviour, **behaviour)
    desk.perform()
    world.behaviour = before
    approved(desk, "C9")

    assert desk.perform().ended == ended


def test_a_second_person_releases_the_breaker(desk: AccessDesk) -> None:
    crowd(desk, 4, number_max=3)
    desk.perform()

    with pytest.raises(ByHandRefused, match="second person"):
        release(desk.proposer()[1], replace(ADA, name="Somebody else", id="ADA"), "they are right")
    assert len(release(desk.proposer()[1], BEA, "they are right")) == 4

    assert desk.perform().ended == {"suspended": 4}


def test_the_first_few_must_end_well(desk: AccessDesk) -> None:
    crowd(desk, 4, canary=1)
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, changes_a_day=0)

    done = desk.perform()

    assert done.ended == {"failed": 1}
    assert "first suspensions must end well" in done.because
    assert desk.findings() == ["access.canary", "access.refused"]
    world.behaviour = replace(world.behaviour, changes_a_day=20)
    assert desk.perform().ended == {"suspended": 3}


@pytest.mark.parametrize(("canary", "goes"), [(0, 3), (1, 3), (2, 1), (3, 1), (4, 3)])
def test_the_second_of_the_first_few_fails(desk: AccessDesk, canary: int, goes: int) -> None:
    """Of four the second is refused: with fewer than two canaries the others go, and with no more than canaries too."""
    crowd(desk, 4, canary=canary)
    own = desk.emulator.world.subscriptions["c1-1"]
    desk.emulator.world.subscriptions["c1-1"] = replace(own, changed_at=(desk.clock.now,) * 100)

    assert desk.perform().ended["suspended"] == goes


# --- answers that come again


def test_the_same_answer_again_changes_nothing_and_counts_anew_when_it_has_run_out(desk: AccessDesk) -> None:
    action = approved(desk)
    given = an_answer(desk, action)

    with pytest.raises(AlreadyDone):
        desk.book.answer(given, "C1")
    desk.later(days=6)
    assert desk.perform().waits == {"the answer is older than 3 days": 1}
    desk.approve()
    assert desk.perform().ended == {"suspended": 1}


def test_a_question_that_runs_out_takes_no_persons_word_back(desk: AccessDesk) -> None:
    action = approved(desk)

    desk.book.answer(replace(an_answer(desk, action), word=Word.NO_ANSWER, who=None, why=""), "C1")

    assert desk.perform().ended == {"suspended": 1}


def test_what_microsoft_refused_is_tried_again_after_a_new_answer(desk: AccessDesk) -> None:
    action = approved(desk)
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, changes_a_day=0)
    desk.perform()
    world.behaviour = replace(world.behaviour, changes_a_day=20)

    LedgerOutboxDesk(desk.ledger).release(action, person("Ada", "Microsoft's support says it works now"))
    assert desk.perform().ended == {"failed": 1}  # the old answer is no new one
    LedgerOutboxDesk(desk.ledger).release(action, person("Ada", "Microsoft's support says it works now"))
    desk.book.answer(replace(an_answer(desk, action), why="again"), "C1")

    assert desk.perform().ended == {"suspended": 1}


def test_what_changes_before_its_turn_is_left(desk: AccessDesk) -> None:
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    world = desk.emulator.world

    def seats() -> None:
        if desk.changes_at("c1-1") and world.subscriptions["c1-2"].document["quantity"] == 10:
            add_subscription(world, "c1-tenant", document("c1-2", quantity=25))

    desk.decided.after = seats
    world.behaviour = replace(world.behaviour, slow_share=1.0, settle_seconds=5)
    desk.waited = seats

    assert desk.perform().ended == {"suspended": 1}
    assert (desk.state(action), desk.changes_at("c1-2"), desk.findings()) == ("done", 0, ["access.changed_meanwhile"])


def test_what_microsoft_refuses_to_give_back_is_told_and_tried_again_with_the_next_decision(desk: AccessDesk) -> None:
    approved(desk)
    desk.perform()
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, changes_a_day=1)
    desk.pays("C1")

    assert desk.restore().ended == {"failed": 1}
    assert (desk.findings(), desk.book.suspended()) == (["access.refused"], ("C1",))
    desk.later(days=1, minutes=1)
    desk.decide(settled("C1"))

    assert desk.restore().ended == {"restored": 1}
    assert (desk.at_microsoft("c1-1")["status"], desk.book.suspended()) == ("active", ())
