"""Changing access, plugged together: for the command line, the DAGs and the simulator.

The thin path, in the order in which a DAG calls it. Every function opens what it needs, may be repeated at any time and
after any crash, and says what it did as a value; none prints, none asks.

    questions(settings, ledger)                      -> what to ask people now: one `Due` a customer, kept as asked
    record_answer(settings, ledger, approval)        -> the answer of a named person (or that nobody answered)
    with acting(settings, ledger, identity) as actor:
        performer(settings, ledger, actor).perform() -> Performed: approved suspensions, as far as they may go
        restorer(settings, ledger, actor).restore()  -> Restored: what is paid is given back
        watch(settings, ledger, actor)           -> Watched: what differs at Microsoft from what we did, as findings

`questions` gives the evidence as values (`Due.proposal`, `.decision`, `.fresh.case`), and `question_text(due, now)`
as Markdown. An answer names the digest of the proposal it was given on (`Due.proposal.digest`): an answer to something
older is refused with ByHandRefused, and one that went stale later is asked again by `questions`. `historical` (why the
run speaks for the past) makes every step do nothing. Outside production a real ledger changes nothing; a demonstration
speaks to the emulator only.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from csp_receivables.adapters.access_policy import read_access_policy
from csp_receivables.adapters.charged_subscriptions import LakeCharges
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.access_asked import LedgerAskedQuestions
from csp_receivables.adapters.ledger.access_book import LedgerAccessBook
from csp_receivables.adapters.ledger.access_people import LedgerAccessDesk
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox, OthersWrote
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.domain.access import question
from csp_receivables.domain.access.approvals import Approval, Approver
from csp_receivables.domain.access.asking import Asked, is_asked_already, to_be_asked
from csp_receivables.domain.access.door import Door, why_closed
from csp_receivables.domain.access.policy import AccessPolicy
from csp_receivables.domain.access.undoing import RunsDeed
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.mail_wiring import last_looks
from csp_receivables.microsoft_settings import Identity
from csp_receivables.microsoft_wiring import Actor, acting, refuse_wrong_world
from csp_receivables.settings import Settings
from csp_receivables.steps.change_access.changing import Changer
from csp_receivables.steps.change_access.limits import release, waiting
from csp_receivables.steps.change_access.performing import AccessPerformer
from csp_receivables.steps.change_access.proposing import Due, Proposer
from csp_receivables.steps.change_access.restoring import AccessRestorer
from csp_receivables.steps.change_access.watching import AccessWatch, Watched

__all__ = ["acting"]

Wait = Callable[[timedelta], None]


def questions(settings: Settings, ledger: Ledger) -> Sequence[Due]:
    """What people are to be asked now, each kept as it is asked."""
    return proposer(settings, ledger).questions()


def question_text(due: Due, now: datetime) -> str:
    """The evidence of one question as Markdown."""
    return question.question_text(due.proposal, due.decision, due.fresh.case, now)


def new_questions(settings: Settings, ledger: Ledger, answer_within: timedelta, where: str) -> Sequence[Due]:
    """What people are to be asked now and are not being asked already, by another run; each kept as asked.

    No more than the policy's number a day, the largest debts first. `where`: the run and task that ask.
    """
    outbox, asked = LedgerOutbox(ledger), LedgerAskedQuestions(ledger)
    policy, before, now = access_policy(settings), asked.asked(), settings.clock()
    due = [each for each in proposer(settings, ledger, outbox).due() if each.open_because and each.proposal.targets]

    def waits(each: Due, question: Asked | None) -> bool:
        return is_asked_already(question, each.proposal.digest, each.approval, now, answer_within, here=where)

    zone = settings.time_zone
    today = {name for name, each in before.items() if each.at.astimezone(zone).date() == now.astimezone(zone).date()}
    wanted = {each.action_id: each for each in due if not waits(each, before.get(each.action_id))}
    new = [wanted[name] for name in to_be_asked(list(wanted), today, policy.questions_max)]
    return [each for each in new if asked.ask(each.proposal, partial(waits, each), where)]


def record_answer(settings: Settings, ledger: Ledger, approval: Approval, customer_id: str) -> None:
    """Keep what a person answered, with what follows for the action. Raises ByHandRefused."""
    access_book(settings, ledger, OthersWrote()).answer(approval, customer_id)


def approved(settings: Settings, ledger: Ledger) -> Sequence[Due]:
    """The approved suspensions that wait now: what a release lets past the breaker."""
    return waiting(proposer(settings, ledger))


def release_breaker(settings: Settings, ledger: Ledger, who: Approver, why: str) -> tuple[str, ...]:
    """Let the approved suspensions that wait now go past the breaker. Raises ByHandRefused for who approved any."""
    return release(proposer(settings, ledger), who, why)


def proposer(settings: Settings, ledger: Ledger, outbox: LedgerOutbox | None = None) -> Proposer:
    """What proposing needs."""
    outbox = outbox or LedgerOutbox(ledger)
    return Proposer(
        outbox=outbox,
        book=access_book(settings, ledger, outbox.others),
        look=last_looks(settings, ledger, lambda: outbox.others.since_last_asked(ledger.last_recorded_at())),
        policy=access_policy(settings),
        clock=settings.clock,
        zone=settings.time_zone,
    )


def performer(
    settings: Settings, ledger: Ledger, actor: Actor, *, historical: str = "", wait: Wait | None = None, run: str = ""
) -> AccessPerformer:
    """What performs approved suspensions. `run`: by which name `undo` finds what it did, beside the worker's own."""
    proposing = proposer(settings, ledger)
    changing = _changer(settings, ledger, actor, proposing, historical=historical, wait=wait)
    return AccessPerformer(proposer=proposing, changer=changing, token=_token(run), historical=historical)


def restorer(
    settings: Settings, ledger: Ledger, actor: Actor, *, historical: str = "", wait: Wait | None = None, run: str = ""
) -> AccessRestorer:
    """What gives access back. `run`: as of `performer`."""
    proposing = proposer(settings, ledger)
    return AccessRestorer(
        outbox=proposing.outbox,
        book=proposing.book,
        look=proposing.look,
        changer=_changer(settings, ledger, actor, proposing, historical=historical, wait=wait),
        clock=settings.clock,
        token=_token(run),
        historical=historical,
    )


def watch(settings: Settings, ledger: Ledger, actor: Actor) -> Watched:
    """Compare what is suspended at Microsoft with what we suspended. Changes nothing there. Raises MicrosoftRefused."""
    refuse_wrong_world(ledger, actor.identity)
    proposing = proposer(settings, ledger)
    watching = AccessWatch(
        book=proposing.book, microsoft=actor.subscriptions, policy=proposing.policy, clock=settings.clock
    )
    return watching.watch()


def access_desk(settings: Settings, ledger: Ledger) -> LedgerAccessDesk:
    """Access as people handle it: what was asked, what a run took, give it back, the whole history."""
    return LedgerAccessDesk(ledger, settings.time_zone)


def deeds(settings: Settings, ledger: Ledger, run: str) -> tuple[RunsDeed, ...]:
    """What a run took and gave back. `run`: as `csp access history` shows it: of the decisions, of the question
    (`asked_in`), or the worker; of Airflow's `dag/run` is enough.
    """
    return access_desk(settings, ledger).deeds(run)


def undo(settings: Settings, ledger: Ledger, run: str, who: Person) -> tuple[str, ...]:
    """Ask for everything back that a run took; `restorer` does it. What a run gave back stays: see `chase_anew`."""
    desk = access_desk(settings, ledger)
    return desk.give_back([each.action_id for each in desk.deeds(run) if each.can_be_given_back], who)


def chase_anew(settings: Settings, ledger: Ledger, run: str, who: Person) -> tuple[str, ...]:
    """Let everything that a run gave back be warned about anew: only so may it be taken again. Raises ByHandRefused."""
    desk = access_desk(settings, ledger)
    return desk.chase_anew([each for each in desk.deeds(run) if each.can_be_chased_anew], run, who)


def access_book(settings: Settings, ledger: Ledger, others: OthersWrote) -> LedgerAccessBook:
    """Access as the ledger keeps it."""
    charges = LakeCharges(root=settings.lake, spill=settings.home / "spill")
    return LedgerAccessBook(ledger=ledger, charges=charges, zone=settings.time_zone, others=others)


def access_policy(settings: Settings) -> AccessPolicy:
    """The rules of access in force. Raises FileFaults."""
    return read_access_policy(settings.include / "policies" / "access.yaml")


def _changer(
    settings: Settings, ledger: Ledger, actor: Actor, proposing: Proposer, *, historical: str, wait: Wait | None
) -> Changer:
    return Changer(
        book=proposing.book,
        microsoft=actor.subscriptions,
        policy=proposing.policy,
        clock=settings.clock,
        wait=wait or (lambda pause: time.sleep(pause.total_seconds())),
        door=door_of(settings, ledger, actor.identity, historical),
    )


def door_of(settings: Settings, ledger: Ledger, identity: Identity, historical: str = "") -> Callable[[], str]:
    """Why nothing may be changed, asked anew before every change. A ledger's marks are for ever and read once."""
    is_demo, is_production = ledger.kind() != "real", ledger.is_production(settings)

    def asked() -> str:
        stop = LedgerOutboxDesk(ledger).stopped()
        # Without a name: logs and Airflow's own database keep this, and no erasure reaches them.
        since = stop.recorded_at[:16] if stop else ""
        return why_closed(
            Door(
                is_demo=is_demo,
                is_emulator=identity.cloud.is_emulator,
                is_production=is_production,
                stop=f"everything is stopped since {since}; csp outbox list says by whom" if stop else "",
                historical=historical,
            )
        )

    return asked


def _token(run: str) -> str:
    return f"{run}/" * bool(run) + f"{socket.gethostname()}/{os.getpid()}/{time.monotonic_ns()}"
