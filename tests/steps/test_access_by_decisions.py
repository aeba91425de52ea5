"""From what is owed to what is restored: real decisions and last looks, the emulator, the wiring that DAGs use."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from csp_receivables import access_wiring, escalation_wiring, mail_wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.access_asked import LedgerAskedQuestions
from csp_receivables.adapters.ledger.account_says import LedgerAccounts
from csp_receivables.adapters.ledger.escalation_book import LedgerEscalationBook
from csp_receivables.adapters.ledger.hold_book import LedgerHoldBook
from csp_receivables.adapters.ledger.outbox_tables import action
from csp_receivables.domain.access.approvals import Approver
from csp_receivables.domain.access.asking import Asked
from csp_receivables.domain.access.history import Entry, exported
from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.hold_requests import HoldRequest, hold_of
from csp_receivables.domain.escalation.items import ReportKind
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, person
from csp_receivables.domain.outbox.recipients import Contact
from emulator.server import Emulator
from tests.access_desk import ADA
from tests.conftest import StandingClock
from tests.decided_house import DECIDED, POLICY, House, house_of
from tests.emulator.serving import empty_world
from tests.ledgers_with_debtors import feed, historical, live, pay, receivable, rows_of


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(empty_world()) as emulator:
        yield emulator


@pytest.fixture
def house(demo_ledger: Ledger, served: Emulator, clock: StandingClock, tmp_path: Path) -> Iterator[House]:
    with house_of(demo_ledger, served, clock, tmp_path) as made:
        yield made


def known_actions(house: House) -> list[str]:
    return [row[0].removeprefix("C1/") for row in rows_of(house.ledger, action, "action_id")]


def letter(house: House, action_id: str) -> str:
    """The letter as it would leave now."""
    fresh = access_wiring.proposer(house.settings, house.ledger).look.look(["C1"])["C1"].about(action_id)
    assert fresh.letter is not None
    contact = Contact(email="c1@customer.example", name="", role="")
    content = mail_wiring.notice_writer(house.settings).write(fresh, contact)
    return f"{content.subject}\n{content.text}"


def test_what_is_unpaid_is_suspended_and_comes_back_with_the_payment(house: House) -> None:
    before = house.emulator.world.subscriptions["c1-1"].document
    (asked,) = house.approve()

    assert "100.00 EUR overdue of 100.00 EUR open" in asked
    assert "no unpaid receivable covers it: Visio Plan 2 (paid-for)" in asked
    assert house.perform().ended == {"suspended": 1}
    assert (house.status(), house.status("paid-for")) == ("suspended", "active")
    assert "access 1.1/suspension" in known_actions(house)  # it is told at once
    assert "Your access has been suspended" in letter(house, "C1/access 1.1/suspension")
    assert "Microsoft 365 Business Premium" in letter(house, "C1/access 1.1/suspension")

    assert (house.restore().ended, house.status()) == ({}, "suspended")
    pay(house.ledger, "100", 10_000, DECIDED + timedelta(days=1))

    assert house.restore().ended == {"restored": 1}  # no decision of the day was made yet
    assert house.emulator.world.subscriptions["c1-1"].document == before
    assert "access 1.1/reinstatement" in known_actions(house)
    assert "Your access is being restored" in letter(house, "C1/access 1.1/reinstatement")
    house.on(DECIDED + timedelta(days=1))
    house.decide(DECIDED + timedelta(days=1))
    assert (house.perform().ended, house.restore().ended) == ({}, {})


def test_a_question_tells_what_is_owed_in_each_currency_that_it_rests_on(
    new_demo_ledger: Callable[[], Ledger], served: Emulator, clock: StandingClock, tmp_path: Path
) -> None:
    """And an answer ends when any of it changes, not only what the decision tells."""
    in_pounds = receivable("C1", "101", currency="GBP", amount=7_000, net=7_000)
    with house_of(new_demo_ledger(), served, clock, tmp_path, also=[in_pounds]) as house:
        (asked,) = house.approve()
        assert "100.00 EUR overdue of 100.00 EUR open" in asked
        assert "70.00 GBP overdue of 70.00 GBP open" in asked

        pay(house.ledger, "101", 1_000, DECIDED, currency="GBP")

        assert house.perform().waits == {"what the answer rested on has changed since": 1}


def test_a_pack_tells_access_by_its_history_and_not_by_what_was_decided(house: House) -> None:
    def told() -> list[tuple[str, str, str, bool]]:
        says = LedgerAccounts(house.ledger).says("C1", house.ledger.everything_known())
        return [(each.subscription, each.what, each.event, each.is_taken) for each in says.access]

    house.approve()
    assert told() == [], "an answer takes nothing yet"

    house.perform()
    name = "Microsoft 365 Business Premium"
    assert told() == [(name, "suspend", "verified", True)]
    page = escalation_wiring.escalation_pack(house.settings, house.ledger, historical(DECIDED), "C1")[0]
    assert "taken from 1 subscription since 2026-11-03" in page.read_text(encoding="utf-8")

    pay(house.ledger, "100", 10_000, DECIDED + timedelta(days=1))
    house.restore()
    assert told() == [(name, "suspend", "verified", False), (name, "restore", "verified", False)]


@pytest.mark.parametrize(("booked_before", "waited"), [(0, 0), (0, 59), (2, 60)])
def test_the_time_from_the_banks_booking_to_access_is_told(house: House, booked_before: int, waited: int) -> None:
    house.approve()
    house.perform()
    booked_on = DECIDED + timedelta(days=1 - booked_before)
    pay(house.ledger, "100", 10_000, booked_on)
    house.wait(timedelta(minutes=waited))
    house.restore()

    told = [each.told for each in history(house) if each.what == "access_is_back"]

    assert [(each["booked_on"], each["days_from_booking"]) for each in told] == [(booked_on, booked_before)]
    assert told[0]["minutes_from_import"] == waited
    assert f"the bank booked the payment ({booked_on}), {waited} min after it was imported" in told[0]["why"]
    plan = live(DECIDED + timedelta(days=1))
    _, known = LedgerEscalationBook(house.ledger, house.settings.time_zone).read(ReportKind.DAILY, plan)
    assert [(each.days, each.minutes) for each in known.restored] == [(booked_before, waited)]


def test_what_a_person_gave_back_unpaid_is_no_time_from_a_payment(house: House) -> None:
    house.approve()
    house.perform()
    pay(house.ledger, "100", 4_000, DECIDED + timedelta(days=1))
    access_wiring.undo(house.settings, house.ledger, "test", person("Bea", "the wrong company"))

    assert house.restore().ended == {"restored": 1}
    assert [each for each in history(house) if each.what == "access_is_back"] == []


def test_what_came_back_unpaid_is_taken_again_only_after_a_new_warning_and_a_new_answer(house: House) -> None:
    settings, ledger, ada = house.settings, house.ledger, person("Ada", "it was the right company after all")
    house.approve()
    house.perform()
    access_wiring.undo(settings, ledger, "test", person("Bea", "the wrong company"))
    house.restore()
    (back,) = [each for each in access_wiring.deeds(settings, ledger, "person:Bea") if each.can_be_chased_anew]

    assert access_wiring.chase_anew(settings, ledger, "person:Bea", ada) == (back.action_id,)

    assert (house.perform().ended, house.status()) == ({}, "active")  # nothing is taken by it
    assert access_wiring.chase_anew(settings, ledger, "person:Bea", ada) == ()  # once is enough
    assert [each.told["why"] for each in history(house) if each.what == "ordered"] == [ada.why]
    day = DECIDED + timedelta(days=1)
    house.on(day)
    (warning,) = set(house.decide(day)) - {each for each in known_before(house)}
    assert warning == "C1/2.1/final_notice/send_notice"
    house.accepted(warning, day + timedelta(days=1))
    day += timedelta(days=6)
    house.on(day)
    house.decide(day)
    assert (house.perform().waits, house.status()) == ({"nobody was asked yet": 1}, "active")
    house.approve()
    assert (house.perform().ended, house.status()) == ({"suspended": 1}, "suspended")
    pay(ledger, "100", 10_000, day + timedelta(days=1))
    assert (house.restore().ended, house.status()) == ({"restored": 1}, "active")


def known_before(house: House) -> set[str]:
    return {each for each in (row[0] for row in rows_of(house.ledger, action, "action_id")) if "/2.1/" not in each}


def test_what_is_paid_is_chased_no_more(house: House) -> None:
    house.approve()
    house.perform()
    pay(house.ledger, "100", 10_000, DECIDED + timedelta(days=1))
    house.restore()
    house.on(DECIDED + timedelta(days=1))
    house.decide(DECIDED + timedelta(days=1))

    with pytest.raises(ByHandRefused, match="nothing of it is owed"):
        access_wiring.chase_anew(house.settings, house.ledger, "access", person("Ada", "let us see"))


def history(house: House) -> tuple[Entry, ...]:
    return access_wiring.access_desk(house.settings, house.ledger).history(customer_id="C1")


def test_the_export_is_what_an_auditor_asks_for(house: House) -> None:
    """Who, by which rules, on what ground, and with the ids that Microsoft's support asks for; no address."""
    house.approve()
    house.perform()
    pay(house.ledger, "100", 10_000, DECIDED + timedelta(days=1))
    house.restore()

    text = exported(history(house), "C1")
    told = json.loads(text)["entries"]

    by_what: dict[str, list[dict[str, Any]]] = {}
    for each in told:
        by_what.setdefault(each["what"], []).append(each)
    (answer,) = by_what["answered"]
    (asked,) = by_what["asked"]
    assert (answer["person_id"], answer["person_name"], answer["auth_manager"]) == ("ada", "Ada Lund", "test")
    assert (answer["digest"], answer["why"]) == (asked["digest"], "they were told twice")
    decided = next(each for each in by_what["decided"] if each["kind"] == "propose_suspension")
    assert decided["policy_version"] == asked["document"]["policy_version"] != ""
    assert asked["document"]["access_version"] == access_wiring.access_policy(house.settings).version
    assert decided["payload"]["receivable_ids"] == asked["document"]["receivable_ids"] == ["partner/100"]
    assert any(rule == "warned_by_final_notice" for rule, _, _ in decided["payload"]["because"])
    (warned,) = by_what["letter_accepted"]
    assert (warned["stage"], warned["effective_on"]) == ("final_notice", "2026-10-23")
    assert warned["receivable_ids"] == ["partner/100"]
    before, after = by_what["prepared"][0]["shown"], by_what["verified"][0]["shown"]
    assert (before["status"], before["auto_renew"], after["status"]) == ("active", True, "suspended")
    for each in by_what["accepted"] + by_what["verified"]:
        assert re.search(r"request \S+, correlation \S+", each["request_ids"]), each
    assert [each["at"] for each in told] == sorted(each["at"] for each in told)
    assert "recipient" not in text
    assert "@" not in text.replace(warned["message_id"], "")


def test_two_runs_at_once_ask_once(house: House) -> None:
    """Both looked before either asked."""
    within, both = timedelta(days=2), Barrier(2)

    class Looks(LedgerAskedQuestions):
        def asked(self) -> Mapping[str, Asked]:
            found = super().asked()
            both.wait(60)
            return found

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(access_wiring, "LedgerAskedQuestions", Looks)
        ask = partial(access_wiring.new_questions, house.settings, house.ledger, within)
        asked = [len(each.result()) for each in [pool.submit(ask, "run 1"), pool.submit(ask, "run 2")]]

    assert sorted(asked) == [0, 1]
    assert access_wiring.new_questions(house.settings, house.ledger, within, "run 3") == []


def test_what_is_beyond_the_days_questions_is_asked_the_next_day(
    new_demo_ledger: Callable[[], Ledger], served: Emulator, clock: StandingClock, tmp_path: Path
) -> None:
    within = timedelta(days=2)
    with house_of(new_demo_ledger(), served, clock, tmp_path) as house:
        (house.settings.include / "policies" / "access.yaml").write_text("questions_max: 1\n", encoding="utf-8")
        (due,) = access_wiring.proposer(house.settings, house.ledger).due()
        another = replace(due.proposal, action_id="C0/1.1/suspension/propose_suspension")
        LedgerAskedQuestions(house.ledger).ask(another, lambda _: False, "run 1")

        house.at(datetime(2026, 11, 3, 22, 59, 59, tzinfo=UTC))  # a second to midnight where the partner is
        assert access_wiring.new_questions(house.settings, house.ledger, within, "run 3") == []
        house.at(datetime(2026, 11, 3, 23, 0, tzinfo=UTC))
        feed(house.ledger, DECIDED + timedelta(days=1))
        assert len(access_wiring.new_questions(house.settings, house.ledger, within, "run 3")) == 1


def test_a_hold_of_this_morning_keeps_access(house: House) -> None:
    house.approve()
    today = house.clock.now.date()
    LedgerHoldBook(house.ledger).place(hold_of(HoldRequest(customer_id="C1"), person("Bea", "a call"), today))

    assert house.perform().ended == {"superseded": 1}
    assert house.status() == "active"


AGES = [  # the warning was accepted on 23 October: on 3 November it is eleven days old
    (10, 0, "active"),
    (11, 1, "suspended"),
    (12, 1, "suspended"),
]


@pytest.mark.parametrize(("days_max", "asked", "status"), AGES)
def test_a_warning_is_as_old_as_it_is_on_the_day_on_which_access_is_taken(
    demo_ledger: Ledger, served: Emulator, clock: StandingClock, tmp_path: Path, days_max: int, asked: int, status: str
) -> None:
    """Invariant I1, whose days a decision counts to the day that it speaks for: yesterday."""
    policy = POLICY.replace("days_max: 30", f"days_max: {days_max}")
    with house_of(demo_ledger, served, clock, tmp_path, policy) as house:
        assert len(house.approve()) == asked
        house.perform()

        assert house.status() == status


def test_midnight_between_the_look_and_the_first_byte_counts(
    demo_ledger: Ledger, served: Emulator, clock: StandingClock, tmp_path: Path
) -> None:
    with house_of(demo_ledger, served, clock, tmp_path, POLICY.replace("days_max: 30", "days_max: 11")) as house:
        house.at(datetime(2026, 11, 3, 22, 59, 59, tzinfo=UTC))  # a second to midnight in Stockholm
        house.approve()
        (due,) = access_wiring.proposer(house.settings, house.ledger).due()
        house.at(datetime(2026, 11, 3, 23, 0, tzinfo=UTC))
        feed(house.ledger, DECIDED + timedelta(days=1))

        ended = access_wiring.performer(house.settings, house.ledger, house.actor, wait=house.wait).suspend(due)

        assert (ended.how, house.status()) == ("superseded", "active")


def test_a_last_look_of_yesterday_is_none(house: House) -> None:
    """A run goes on past the partner's midnight, and nobody wrote anything meanwhile."""
    days = [DECIDED + timedelta(days=1)]
    look = replace(access_wiring.proposer(house.settings, house.ledger).look, today=lambda: days[0])

    assert look.look(["C1"])["C1"].decision.on == DECIDED
    days[0] += timedelta(days=1)
    assert look.look(["C1"])["C1"].decision.on == DECIDED + timedelta(days=1)


@pytest.mark.parametrize("kind", [HoldKind.DISPUTE, HoldKind.INSOLVENCY])
def test_money_that_nobody_matched_yet_or_a_hold_keeps_access(house: House, kind: HoldKind) -> None:
    house.approve()
    if kind is HoldKind.DISPUTE:
        pay(house.ledger, "100", 10_000, DECIDED, applied=False)
    else:
        today = house.clock.now.date()
        request = HoldRequest(customer_id="C1", kind=kind)
        LedgerHoldBook(house.ledger).place(hold_of(request, person("Bea", "the court wrote"), today))

    assert house.perform().ended == {"superseded": 1}
    assert house.status() == "active"


def test_what_was_begun_and_never_answered_is_given_back_once_it_is_paid(house: House) -> None:
    """The process dies right after Microsoft suspended: no word of it is in the ledger but that it began."""
    house.approve()

    class Died(BaseException):
        pass

    def dies(_: timedelta) -> None:
        raise Died

    house.emulator.world.behaviour = replace(house.emulator.world.behaviour, slow_share=1.0, settle_seconds=60)
    with pytest.raises(Died):
        access_wiring.performer(house.settings, house.ledger, house.actor, wait=dies).perform()
    house.emulator.world.behaviour = replace(house.emulator.world.behaviour, slow_share=0.0)
    pay(house.ledger, "100", 10_000, DECIDED + timedelta(days=1))
    house.wait(timedelta(minutes=20))

    assert house.restore().ended == {"restored": 1}
    assert house.status() == "active"
    assert house.perform().ended in ({}, {"superseded": 1})
    assert house.status() == "active"


@pytest.mark.parametrize(("seconds", "goes"), [(0, True), (1, False)])
def test_a_bank_feed_older_than_its_hours_trips_the_breaker(
    new_demo_ledger: Callable[[], Ledger],
    served: Emulator,
    clock: StandingClock,
    tmp_path: Path,
    seconds: int,
    goes: bool,
) -> None:
    """Monday's statement is in, and it is Tuesday, ten o'clock where the partner is: ten hours."""
    with house_of(new_demo_ledger(), served, clock, tmp_path, f"{POLICY}feed_hours_max: 10\n") as house:
        house.approve()
        house.wait(timedelta(seconds=seconds))

        done = house.perform()

        assert (done.ended, house.status()) == (({"suspended": 1}, "suspended") if goes else ({}, "active"))
        if goes:
            return
        (told,) = done.findings
        assert "statements until 2026-11-02, more than 10 banking hours ago" in told.found
        assert "a bank file is missing" in told.found
        bea = Approver(id="bea", name="Bea Ek", auth_manager="test")
        with pytest.raises(ByHandRefused, match="second person"):
            access_wiring.release_breaker(house.settings, house.ledger, ADA, "the file comes at noon")
        assert len(access_wiring.release_breaker(house.settings, house.ledger, bea, "the file comes at noon")) == 1
        assert (house.perform().ended, house.status()) == ({"suspended": 1}, "suspended")
