"""The system on a simulated day: each task as its DAG calls it, in a process that may die and is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from csp_receivables import access_wiring, collections_wiring, mail_wiring, microsoft_wiring, wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.partner_center.manners import Manners
from csp_receivables.domain.run_plan import plan_run
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.ports import Booked
from csp_receivables.settings import Settings
from csp_receivables.steps.take_inbox import InboxFailed
from tests.faults.year.faults import Fate, Killed, KillNine, fated, killed_for_real, mood
from tests.faults.year.house import House, MovingSettings
from tests.faults.year.microsoft import manners

Task = Callable[[Settings, Ledger], Any]
TRIES = 6
RETRY_AFTER = timedelta(minutes=20)
TWICE = 0.06  # of the tasks: the scheduler starts them once more
NEIGHBOUR = 0.10  # of the tasks: another run of the same may come between two writes of this one


@dataclass(slots=True, kw_only=True)
class Machine:
    """Runs tasks. `mail_trouble`: the share of the mail server's answers that are no plain yes."""

    house: House
    fate: Fate
    chance: random.Random
    mail_trouble: float = 0.08
    kill_nine: float = 0.0  # of the tasks: done first by a process that the kernel kills
    interrupting: Callable[[], None] | None = None  # what a person does in the middle of the next task
    booked: list[Booked] = field(default_factory=list)  # each live day, as it was reconciled the last time

    def run(self, task: Task) -> Any:
        """Run it until it lives through; the last try is spared. Now and then it is run once more."""
        done = self._until_it_lives(task)
        if self.chance.random() < TWICE:
            done = self._until_it_lives(task)
        return done

    def _until_it_lives(self, task: Task) -> Any:
        neighbour = self.chance.random() < NEIGHBOUR
        interrupting, self.interrupting = self.interrupting, None
        if self.kill_nine and self.chance.random() < self.kill_nine:
            self._kill_nine(task)
        for attempt in range(TRIES):
            if interrupting and attempt == 0:
                self.fate.live(between=interrupting, comes_at=self.chance.randrange(1, 9))
            else:
                self.fate.live(between=self._neighbour(task) if neighbour else None)
            try:
                spared = attempt == TRIES - 1
                ledger = self.house.ledger if spared else fated(self.house.ledger, self.fate)
                return task(self.house.settings, ledger)
            except Killed:
                self.house.clock.advance(RETRY_AFTER)
        raise AssertionError("the last try is spared")

    def _kill_nine(self, task: Task) -> None:
        """First a process of its own does the task and is killed; it shares no connection with this one."""
        self.house.ledger.engine.dispose()
        settings = self.house.settings

        def work(fate: KillNine) -> None:
            task(settings, fated(Ledger.open(settings.ledger_url, self.house.clock), fate))

        self.fate.struck["kill -9"] += killed_for_real(work, self.chance.randrange(1, 4))
        self.house.clock.advance(RETRY_AFTER)

    def _neighbour(self, task: Task) -> Callable[[], None]:
        def run() -> None:
            task(self.house.settings, self.house.ledger)

        return run

    def import_files(self, purpose: str) -> None:
        """Take what lies in an inbox. A file that a neighbour archived meanwhile is no trouble of ours."""

        def task(settings: Settings, ledger: Ledger) -> None:
            try:
                wiring.take_inbox(settings, ledger, purpose, lambda: None)
            except InboxFailed as failed:
                group = failed.__cause__
                assert isinstance(group, ExceptionGroup)
                if not all(isinstance(each, FileNotFoundError) for each in group.exceptions):
                    raise

        self.run(task)

    def import_bounces(self) -> None:
        """Take the letters that came back."""

        def task(settings: Settings, ledger: Ledger) -> None:
            with suppress(InboxFailed):  # what a neighbour took is no trouble of ours; what stays is taken tomorrow
                mail_wiring.take_bounces(settings, ledger, lambda: None)

        self.run(task)

    def watch(self) -> None:
        """Compare what is suspended at Microsoft with what we suspended."""
        self._act(access_wiring.watch)

    def reconcile(self) -> None:
        """The live day."""

        def task(settings: Settings, ledger: Ledger) -> Booked:
            return wiring.reconciler(settings, ledger).reconcile(self._plan(settings))

        self.booked.append(self.run(task))

    def decide(self) -> None:
        """What follows for everybody."""
        self.run(lambda settings, ledger: collections_wiring.decider(settings, ledger).decide(self._plan(settings)))

    def book_payments(self) -> None:
        """The hourly booking."""
        self.run(wiring.book_payments)

    def send_notices(self) -> None:
        """Hand over what is due, to a server in a mood of its own."""

        def task(settings: Settings, ledger: Ledger) -> Any:
            mood(self.house.server, self.chance, self.mail_trouble)
            try:
                return mail_wiring.notice_sender(settings, ledger, self.house.mail).send()
            finally:
                self.house.server.replies.clear()

        self.run(task)

    def sync_subscriptions(self) -> None:
        """The night's reading. A refusal that passes is left to the next night."""

        def task(settings: Settings, ledger: Ledger) -> None:
            identity = self.house.identity("partner_center_reader")
            with (
                suppress(MicrosoftRefused),
                microsoft_wiring.reading(settings, ledger, identity, manners=self._manners) as reader,
            ):
                microsoft_wiring.subscription_sync(ledger, reader).run()

        self.run(task)

    def ask(self) -> Sequence[access_wiring.Due]:
        """The questions of today."""
        asked: Sequence[access_wiring.Due] = self.run(access_wiring.questions)
        return asked

    def suspend(self) -> None:
        """Perform what was approved."""
        self._act(
            lambda settings, ledger, actor: access_wiring.performer(settings, ledger, actor, wait=self._wait).perform()
        )

    def restore(self) -> None:
        """Give back what is paid."""
        self._act(
            lambda settings, ledger, actor: access_wiring.restorer(settings, ledger, actor, wait=self._wait).restore()
        )

    def _act(self, step: Callable[[Settings, Ledger, Any], Any]) -> None:
        def task(settings: Settings, ledger: Ledger) -> Any:
            # While Microsoft takes its time the clock moves on; a task that stands in one moment would not see it.
            moving = MovingSettings.of(settings, self.house.clock)
            identity = self.house.identity("partner_center_actor")
            with access_wiring.acting(moving, ledger, identity, manners=self._manners) as actor:
                return step(moving, ledger, actor)

        self.run(task)

    @property
    def _manners(self) -> Manners:
        return manners(self.house.clock, self.chance)

    def _wait(self, pause: timedelta) -> None:
        self.house.clock.advance(pause)

    @staticmethod
    def _plan(settings: Settings) -> Any:
        return plan_run(now=settings.clock(), zone=settings.time_zone, fired_at=settings.clock())
