"""Bugs planted on purpose, one at a time, in the production code of this process. An invariant must complain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from csp_receivables.adapters.ledger import collections_facts
from csp_receivables.adapters.ledger.decision_book import LedgerDecisionBook
from csp_receivables.domain.access.changes import ChangeEvent
from csp_receivables.domain.outbox.replies import Outcome
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.steps.change_access import restoring
from csp_receivables.steps.change_access.changing import Changer, Turn
from csp_receivables.steps.send_notices.performing import Performer
from tests.faults.year.year import LARGER, Temper
from tests.letters import STOCKHOLM


@contextmanager
def no_last_look() -> Iterator[None]:
    """What is performed is what the morning knew: money that was imported since does not count."""
    look = LedgerDecisionBook.look

    def of_the_morning(self: LedgerDecisionBook, plan: RunPlan, decide: Any) -> Any:
        morning = datetime.combine(plan.as_of, time(8, 30), STOCKHOLM)
        return look(self, replace(plan, known_at=morning), decide)

    with patch.object(LedgerDecisionBook, "look", of_the_morning):
        yield


@contextmanager
def blind_retry() -> Iterator[None]:
    """A letter whose fate is not known is tried again."""
    with _judged_as(Outcome.IN_DOUBT, Outcome.TRY_LATER):
        yield


@contextmanager
def count_an_unsent_notice() -> Iterator[None]:
    """A letter that the server put off counts as sent."""
    with _judged_as(Outcome.TRY_LATER, Outcome.ACCEPTED):
        yield


@contextmanager
def _judged_as(truly: Outcome, taken_for: Outcome) -> Iterator[None]:
    judged = Performer._judged

    def wrongly(said: Any, attempt: int) -> Outcome:
        found = judged(said, attempt)
        return taken_for if found is truly else found

    with patch.object(Performer, "_judged", staticmethod(wrongly)):
        yield


@contextmanager
def forget_the_snapshot() -> Iterator[None]:
    """What is given back is not compared with what it was."""
    with (
        patch.object(restoring, "is_renewal_back", lambda *_: True),
        patch.object(restoring, "renewal_differences", lambda *_: ()),
    ):
        yield


@contextmanager
def ignore_a_hold() -> Iterator[None]:
    """Nobody reads what people said."""
    with patch.object(collections_facts, "read_holds", lambda *_: {}):
        yield


@contextmanager
def suspend_twice() -> Iterator[None]:
    """A change that broke off is sent again at once."""
    send = Changer.send

    def again(self: Changer, claim: Any, standing: Any, do: Any, still_wanted: Any) -> Any:
        sent = send(self, claim, standing, do, still_wanted)
        broke_off = not isinstance(sent, Turn) and sent.event is ChangeEvent.BROKE_OFF
        return send(self, claim, sent, do, still_wanted) if broke_off else sent

    with patch.object(Changer, "send", again):
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A bug, the invariants of which one must complain, and a world in which it shows soon."""

    plant: Callable[[], Any]
    breaks: tuple[str, ...]
    temper: Temper
    seed: int = 0


_CALM = replace(LARGER, kills=0.0, mail_trouble=0.0, microsoft_trouble=0.0, sleepy=0.0)
BUGS: Mapping[str, Planted] = MappingProxyType(
    {
        "no last look": Planted(plant=no_last_look, breaks=("I2", "I9"), temper=replace(_CALM, habit="late"), seed=2),
        "blind retry": Planted(
            plant=blind_retry, breaks=("I4",), temper=replace(_CALM, mail_trouble=0.25, habit="never"), seed=1
        ),
        "count an unsent notice": Planted(
            plant=count_an_unsent_notice,
            breaks=("I1",),
            temper=replace(_CALM, mail_trouble=0.25, habit="never"),
            seed=2,
        ),
        "forget the snapshot": Planted(plant=forget_the_snapshot, breaks=("I3",), temper=replace(_CALM, habit="never")),
        "ignore a hold": Planted(plant=ignore_a_hold, breaks=("I9",), temper=replace(_CALM, habit="never")),
        "suspend twice": Planted(
            plant=suspend_twice, breaks=("I4",), temper=replace(_CALM, microsoft_trouble=0.03, habit="never")
        ),
    }
)
