"""Airflow's answers as ours: only a named person's word counts, and what is no answer is asked again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import airflow_home

airflow_home.use()

from airflow.sdk.exceptions import AirflowSkipException  # noqa: E402 - after Airflow's home

from csp_airflow import access_tasks  # noqa: E402
from csp_airflow.access_tasks import (  # noqa: E402
    DECLINE,
    HOLD,
    LIST,
    RELEASE,
    SUSPEND,
    BadAnswer,
    approval_of,
    list_deeds,
    list_waiting,
    perform,
    questions,
    record_answer,
    refuse_unknown_people,
    release,
    restore,
    starter,
)
from csp_receivables import access_wiring  # noqa: E402
from csp_receivables.adapters.ledger import Ledger  # noqa: E402
from csp_receivables.adapters.ledger.outbox_book import OthersWrote  # noqa: E402
from csp_receivables.domain.access.approvals import Word  # noqa: E402
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused  # noqa: E402
from csp_receivables.settings import Settings  # noqa: E402
from emulator.server import Emulator  # noqa: E402
from tests.conftest import StandingClock  # noqa: E402
from tests.emulator.serving import empty_world  # noqa: E402
from tests.steps.test_access_by_decisions import DECIDED, House, house_of  # noqa: E402

QUESTION = {"action_id": "a1", "customer_id": "K1", "digest": "d1"}
ADA = {"id": "7", "name": "ada"}


def answer(option: str = SUSPEND, *, who: Any = ADA, **params: Any) -> dict[str, Any]:
    return {"chosen_options": [option], "params_input": {"reason": "agreed"} | params, "responded_by_user": who}


@pytest.mark.parametrize(
    ("option", "params", "word", "until"),
    [
        (SUSPEND, {}, Word.SUSPEND, None),
        (DECLINE, {"until": "2026-12-01"}, Word.DECLINE, None),
        (HOLD, {"until": "2026-12-01"}, Word.HOLD, date(2026, 12, 1)),
    ],
)
def test_a_persons_answer_is_kept_with_who_and_why(option: str, params: dict[str, str], word: Word, until: Any) -> None:
    approval = approval_of(QUESTION, answer(option, **params), "dag/run/task/0")

    assert (approval.word, approval.until, approval.why) == (word, until, "agreed")
    assert approval.who is not None and (approval.who.id, approval.who.name) == ("7", "ada")
    assert approval.who.auth_manager.endswith("AuthManager")
    assert (approval.action_id, approval.digest, approval.asked_in) == ("a1", "d1", "dag/run/task/0")


@pytest.mark.parametrize(
    "told",
    [
        None,  # the task was marked as done
        {},
        answer(DECLINE, who=None),  # timed out: the default was chosen
        answer(SUSPEND, who=None),
        answer(SUSPEND, who={"id": "", "name": "nobody"}),
        "Suspend",
    ],
)
def test_without_a_named_person_it_is_no_answer_whatever_was_chosen(told: Any) -> None:
    approval = approval_of(QUESTION, told, "here")

    assert approval.word is Word.NO_ANSWER
    assert approval.who is None


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (answer("Yes"), "one of"),
        ({**answer(), "chosen_options": [SUSPEND, DECLINE]}, "one of"),
        ({**answer(), "chosen_options": []}, "one of"),
        (answer(reason="  "), "reason"),
        (answer(HOLD), "is no day"),
        (answer(HOLD, until="soon"), "is no day"),
    ],
)
def test_what_is_no_answer_is_refused_so_that_it_is_asked_again(told: Any, said: str) -> None:
    with pytest.raises(BadAnswer, match=said):
        approval_of(QUESTION, told, "here")


@pytest.mark.parametrize(
    ("environment", "manager", "refused"),
    [
        ("production", "SimpleAuthManager", True),
        ("production", "FabAuthManager", False),
        ("development", "SimpleAuthManager", False),
    ],
)
def test_in_production_nobody_is_known_under_simple_auth(
    environment: str, manager: str, refused: bool, tmp_path: Path
) -> None:
    settings = Settings.from_environment({"CSP_HOME": str(tmp_path), "CSP_ENVIRONMENT": environment})

    if not refused:
        refuse_unknown_people(settings, manager)
        return
    with pytest.raises(PermissionError, match="simple auth"):
        refuse_unknown_people(settings, manager)


def started(
    by: str | None, run_type: str = "manual", reason: str = "the wrong company", what: str = "Give back what it took"
) -> dict[str, Any]:
    """The context of a run that a person starts with a form."""
    return {
        "dag_run": SimpleNamespace(triggering_user_name=by, run_type=run_type),
        "params": {"run": "change_access/r", "what": what, "reason": reason},
        "logical_date": None,
    }


def test_who_starts_an_undoing_is_its_person(tmp_path: Path) -> None:
    settings = Settings.from_environment({"CSP_HOME": str(tmp_path)})

    who = starter(started("ada"), settings)

    assert (who.name, who.why) == ("ada", "the wrong company")
    for nobody in (started(None), started(""), started("ada", "scheduled")):
        with pytest.raises(PermissionError, match="nobody is named"):
            starter(nobody, settings)
    with pytest.raises(ByHandRefused, match="reason"):
        starter(started("ada", reason=" "), settings)


@pytest.fixture
def house(
    new_demo_ledger: Callable[[], Ledger], clock: StandingClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """The house as a task finds it: by the environment."""
    with Emulator(empty_world()) as emulator, house_of(new_demo_ledger(), emulator, clock, tmp_path) as made:
        for name in [name for name in os.environ if name.startswith("CSP_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("CSP_HOME", str(made.settings.home))
        monkeypatch.setenv("CSP_INCLUDE", str(made.settings.include))
        monkeypatch.setenv("CSP_LEDGER_URL", made.ledger.engine.url.render_as_string(hide_password=False))
        monkeypatch.setenv("CSP_CLOCK", made.clock.now.isoformat())
        yield made


def in_a_run(run_id: str = "r1") -> dict[str, Any]:
    """The context of a task that keeps an answer."""
    return {
        "ti": SimpleNamespace(dag_id="change_access", run_id=run_id, task_id="customer.keep_answer", map_index=0),
        "dag_run": SimpleNamespace(run_type="manual"),
        "params": {},
        "logical_date": None,
    }


def test_a_bad_answer_is_kept_as_none_and_the_next_morning_asks_again(house: House) -> None:
    within = timedelta(days=2)
    access_wiring.questions(house.settings, house.ledger)  # somebody looks what there is: that asks nobody
    (asked,) = questions(in_a_run(), within)
    assert questions(in_a_run(), within) == [asked]  # the task died before anybody saw it, and is tried again
    assert questions(in_a_run("r2"), within) == []  # it is being asked
    assert "[undo a run](/dags/undo_access)" in asked["body"]

    with pytest.raises(BadAnswer, match="one of"):
        record_answer(asked, answer("Yes, please"), in_a_run())

    kept = access_wiring.access_book(house.settings, house.ledger, OthersWrote()).approval(asked["action_id"])
    assert kept is not None
    assert (kept.word, kept.who, kept.asked_in) == (Word.NO_ANSWER, None, "change_access/r1/customer.keep_answer/0")
    assert "is no answer" in kept.why
    assert (house.perform().ended, house.status()) == ({}, "active")
    house.decide(DECIDED)
    assert len(questions(in_a_run("r3"), within)) == 1


def test_an_answer_of_the_next_day_counts_whichever_run_asked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question waits for two days, and a run of the schedule has the day on which it asked."""
    scheduled = in_a_run() | {"logical_date": house.clock.now}
    (asked,) = questions(scheduled, timedelta(days=2))
    house.at(house.clock.now + timedelta(days=1))
    monkeypatch.setenv("CSP_CLOCK", house.clock.now.isoformat())

    assert record_answer(asked, answer(), scheduled)["word"] == "suspend"
    with pytest.raises(AirflowSkipException):
        record_answer(asked, answer(), scheduled | {"dag_run": SimpleNamespace(run_type="backfill")})

    house.on(DECIDED + timedelta(days=1))
    house.decide(DECIDED + timedelta(days=1))
    assert house.perform().ended == {"suspended": 1}


def test_a_hold_until_a_day_that_is_over_is_no_answer_and_the_next_morning_asks_again(house: House) -> None:
    (asked,) = questions(in_a_run(), timedelta(days=2))

    with pytest.raises(ByHandRefused, match="a hold needs a last day"):
        record_answer(asked, answer(HOLD, until=f"{DECIDED}"), in_a_run())

    house.decide(DECIDED)
    assert len(questions(in_a_run("r2"), timedelta(days=2))) == 1


def test_an_answer_that_is_kept_already_is_no_trouble_for_a_task_that_died_after_it(house: House) -> None:
    (asked,) = questions(in_a_run(), timedelta(days=2))
    record_answer(asked, answer(), in_a_run())

    assert record_answer(asked, answer(), in_a_run())["word"] == "suspend"


def test_a_task_that_was_marked_as_done_suspends_nobody(house: House) -> None:
    """Then the task that keeps the answer finds none, and what follows it performs what nobody approved: nothing."""
    (asked,) = questions(in_a_run(), timedelta(days=2))

    assert record_answer(asked, None, in_a_run())["word"] == "no_answer"

    assert (house.perform().ended, house.status()) == ({}, "active")


def test_a_run_that_did_nothing_is_no_run_that_is_undone(house: House) -> None:
    house.approve()
    house.perform(run="change_access/r")

    assert list_deeds(started("bea", what=LIST))["took: away"] == 1
    for named in ("change_access/another", "change_access", "change_access/"):
        with pytest.raises(ValueError, match="is known; csp access history"):
            list_deeds(started("bea") | {"params": {"run": named, "what": LIST, "reason": ""}})


def test_who_starts_a_release_is_its_second_person(house: House) -> None:
    house.approve()

    assert list_waiting(started("bea")) == {"waiting": 1}
    with pytest.raises(ByHandRefused, match="second person"):
        release(started("Ada Lund", what=RELEASE))
    with pytest.raises(PermissionError, match="nobody is named"):
        release(started(None, what=RELEASE))
    with pytest.raises(AirflowSkipException):
        release(started("bea", what=LIST))
    assert release(started("bea", what=RELEASE)) == {"released": 1}

    book = access_wiring.access_book(house.settings, house.ledger, OthersWrote())
    assert len(book.released("C1/1.1/suspension/propose_suspension")) == 1


def test_in_production_nobody_is_suspended_under_simple_auth_and_access_comes_back_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what somebody approved elsewhere: whoever may start a task there is nobody that anybody knows."""
    base, tenant = house.emulator.url, house.emulator.world.partner.tenant_id
    monkeypatch.setenv("CSP_PARTNER_CENTER_ACTOR", f"partner-center://emulator:secret@{tenant}?base={base}")
    house.approve()
    real = replace(house.settings, environment="production")
    monkeypatch.setattr(access_tasks, "at_work", lambda: nullcontext((real, house.ledger)))

    with pytest.raises(PermissionError, match="simple auth"):
        perform(in_a_run())

    assert house.status() == "active"
    assert restore(in_a_run()) == {"findings": 0}
    monkeypatch.setattr(access_tasks, "auth_manager", lambda: "FabAuthManager")
    assert perform(in_a_run()) == {"suspended": 1, "findings": 0}
