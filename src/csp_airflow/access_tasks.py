"""What the tasks do that take access away and give it back. Logs and XCom carry ids, counts and reasons.

A question's body names the customer: whoever may answer must see whom it is about. It is kept by Airflow with its run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from csp_airflow.partner_center import ACTOR, PartnerCenterHook
from csp_airflow.run_context import is_backfill, why_not_now
from csp_airflow.tasks import Context, Told, at_work, refuse_to_outrun_the_clock, skip
from csp_airflow.troubles import PassingTrouble
from csp_receivables.domain.access.approvals import Approval, Approver, Word, checked
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHandRefused, Person, person

if TYPE_CHECKING:
    from csp_receivables.microsoft_wiring import Actor
    from csp_receivables.settings import Settings
    from csp_receivables.wiring import Ledger

log = logging.getLogger(__name__)
SUSPEND, DECLINE, HOLD = "Suspend", "Decline", "Hold until"
OPTIONS = [SUSPEND, DECLINE, HOLD]
WORDS = {SUSPEND: Word.SUSPEND, DECLINE: Word.DECLINE, HOLD: Word.HOLD}
SIMPLE_AUTH = "SimpleAuthManager"
LINKS = (  # pages of the Airflow that shows the question
    "More: [the day's reconciliation](/dags/reconcile_daily), [letters](/dags/send_notices), [what differs at "
    "Microsoft](/dags/watch_access), [undo a run](/dags/undo_access); `csp access history` tells all that happened."
)
LIST, GIVE_BACK, CHASE_ANEW = "List only", "Give back what it took", "Warn anew about what it gave back"
UNDOINGS = [LIST, GIVE_BACK, CHASE_ANEW]
RELEASE = "Release what waits"
RELEASINGS = [LIST, RELEASE]


class BadAnswer(ValueError):
    """What was answered is no answer."""


def questions(context: Context, answer_within: timedelta) -> list[dict[str, str]]:
    """What people are to be asked now: one question a customer, none that is being asked already."""
    from csp_receivables import access_wiring

    with at_work() as (settings, ledger):
        _speaks_for_now(context, settings)
        asked = access_wiring.new_questions(settings, ledger, answer_within, asked_in(context))
        now = settings.clock()
        told = [
            {
                "subject": f"Suspend {due.fresh.case.name if due.fresh.case else due.waiting.customer_id}?",
                "body": f"{access_wiring.question_text(due, now)}\n\n{LINKS}",
                "action_id": due.action_id,
                "customer_id": due.waiting.customer_id,
                "digest": due.proposal.digest,
            }
            for due in asked
        ]
    log.info("%d questions to people", len(told))
    return told


def record_answer(question: Mapping[str, str], answer: Any, context: Context) -> Told:
    """Keep what a named person answered, or that nobody did, on whichever day: a question waits for two.

    What is no answer is kept as none, and the task is red with what it lacked: the next morning's run asks again.
    """
    from csp_receivables import access_wiring

    if is_backfill(context):
        skip("access is changed for now only: a backfill speaks for the past")
    bad = None
    with at_work() as (settings, ledger):
        try:
            today = settings.clock().astimezone(settings.time_zone).date()
            approval = checked(approval_of(question, answer, asked_in(context)), today)
        except (BadAnswer, ByHandRefused) as refused:
            bad = refused
            approval = approval_of(question, None, asked_in(context), why=f"what was answered is no answer: {refused}")
        if approval.who:
            refuse_unknown_people(settings, approval.who.auth_manager)
        try:
            access_wiring.record_answer(settings, ledger, approval, question["customer_id"])
        except AlreadyDone as known:  # the task died after it was kept
            log.info("%s", known)
    if bad:
        raise bad
    log.info("%s: %s", question["action_id"], approval.word.value)
    return {"action_id": question["action_id"], "word": approval.word.value}


def perform(context: Context) -> Told:
    """Suspend what is approved and due: fresh look, breaker, canaries, one customer at a time.

    In production not under simple auth, wherever the answers came from. Raises PermissionError.
    """
    from csp_receivables import access_wiring

    with acting(context) as (settings, ledger, actor):
        refuse_unknown_people(settings, auth_manager())
        done = access_wiring.performer(settings, ledger, actor, run=asked_in(context)).perform()
    for why, count in done.waits.items():
        log.info("%d wait: %s", count, why)
    return _told(done.ended, done.findings, done.because)


def restore(context: Context) -> Told:
    """Give back what is paid: asked of nobody, held by no breaker."""
    from csp_receivables import access_wiring

    with acting(context) as (settings, ledger, actor):
        done = access_wiring.restorer(settings, ledger, actor, run=asked_in(context)).restore()
    return _told(done.ended, done.findings, done.because)


def watch(context: Context) -> Told:
    """Compare what Microsoft shows with what we did; a difference is a finding, never a fight."""
    from csp_receivables import access_wiring

    with acting(context) as (settings, ledger, actor):
        seen = access_wiring.watch(settings, ledger, actor)
    told: Told = {"read": seen.read, "unread": seen.unread, "findings": len(seen.findings)}
    log.info("%(read)d subscriptions read, %(unread)d could not be, %(findings)d findings", told)
    return told


def list_deeds(context: Context) -> Told:
    """What the named run took and gave back, in the log; nothing changes. Raises ValueError where that is nothing."""
    from csp_receivables import access_wiring

    run = _run_named(context)
    with at_work() as (settings, ledger):
        deeds = access_wiring.deeds(settings, ledger, run)
    if not deeds:  # a slip of the pen must not look as if all were undone
        raise ValueError(f"nothing that the run {run!r} took or gave back is known; csp access history names the runs")
    for each in deeds:
        log.info("%s %s: %s, now %s", each.deed.value, each.action_id, ", ".join(each.subscriptions), each.now.value)
    told: Told = {"deeds": len(deeds)} | {f"{each.deed.value}: {each.now.value}": 0 for each in deeds}
    for each in deeds:
        told[f"{each.deed.value}: {each.now.value}"] += 1
    return told


def undo(context: Context) -> Told:
    """Do what the person who started this run chose; skipped when that was only to list."""
    from csp_receivables import access_wiring

    what = context["params"]["what"]
    if what == LIST:
        skip("only to list was asked for")
    with at_work() as (settings, ledger):
        _speaks_for_now(context, settings)
        who = starter(context, settings)
        change = access_wiring.chase_anew if what == CHASE_ANEW else access_wiring.undo
        changed = change(settings, ledger, _run_named(context), who)
    log.info("%s: %s", what, ", ".join(changed) or "nothing of it is left to do")
    return {"did": what, "actions": len(changed)}


def list_waiting(context: Context) -> Told:
    """What is approved and waits, in the log: what a release lets past the breaker."""
    from csp_receivables import access_wiring

    with at_work() as (settings, ledger):
        _speaks_for_now(context, settings)
        waiting = access_wiring.approved(settings, ledger)
    for each in waiting:
        log.info("%s: %s", each.action_id, ", ".join(target.name for target in each.proposal.targets))
    return {"waiting": len(waiting)}


def release(context: Context) -> Told:
    """Let past the breaker what waits, on the word of the person who started this run, if it was to.

    A run of Airflow's names its person and no id. A name is one user's there, so it is compared with names.
    """
    from csp_receivables import access_wiring

    if context["params"]["what"] == LIST:
        skip("only to list was asked for")
    with at_work() as (settings, ledger):
        _speaks_for_now(context, settings)
        who = starter(context, settings)
        second = Approver(id=who.name, name=who.name, auth_manager=f"{auth_manager()}, by name")
        released = access_wiring.release_breaker(settings, ledger, second, who.why)
    log.info("released: %s", ", ".join(released) or "nothing waits")
    return {"released": len(released)}


def _run_named(context: Context) -> str:
    run = str(context["params"]["run"]).strip().rstrip("/")
    if not run:
        raise ValueError("name the run: of the decisions, or as change_access/RUN; csp access history names them")
    return run


def starter(context: Context, settings: Settings) -> Person:
    """The named person who started this run by hand. Raises PermissionError, ByHandRefused."""
    name = str(getattr(context["dag_run"], "triggering_user_name", None) or "")
    if not name or context["dag_run"].run_type != "manual":
        raise PermissionError("nobody is named who started this run: it takes a person's word")
    refuse_unknown_people(settings, auth_manager())
    return person(name, str(context["params"]["reason"]))


def approval_of(
    question: Mapping[str, str], answer: Any, where: str, *, why: str = "nobody answered in time"
) -> Approval:
    """The answer of Airflow's question as one of ours. Raises BadAnswer."""
    told = answer if isinstance(answer, Mapping) else {}
    person, chosen = told.get("responded_by_user"), list(told.get("chosen_options") or [])
    kept = partial(Approval, action_id=question["action_id"], digest=question["digest"], asked_in=where)
    if not person or not person.get("id"):  # timed out, or the task was marked as done: nobody said yes
        return kept(word=Word.NO_ANSWER, who=None, why=why)
    if len(chosen) != 1 or chosen[0] not in WORDS:
        raise BadAnswer(f"one of {', '.join(OPTIONS)} was expected, not {chosen}")
    params = told.get("params_input") or {}
    word, reason = WORDS[chosen[0]], str(params.get("reason") or "").strip()
    if not reason:
        raise BadAnswer("an answer needs a reason")
    return kept(
        word=word,
        who=Approver(id=str(person["id"]), name=str(person.get("name") or person["id"]), auth_manager=auth_manager()),
        why=reason,
        until=_day(params.get("until")) if word is Word.HOLD else None,
    )


def refuse_unknown_people(settings: Settings, manager: str) -> None:
    """Raises PermissionError in production where nobody vouches for who somebody is."""
    if settings.is_production and SIMPLE_AUTH in manager:
        raise PermissionError("in production nobody is known under simple auth: use Flask-AppBuilder's users")


def auth_manager() -> str:
    """The class that vouches for who answered."""
    from airflow.providers.common.compat.sdk import conf

    return str(conf.get("core", "auth_manager")).rpartition(".")[2]


def asked_in(context: Context) -> str:
    """The run and task that asked."""
    instance = context["ti"]
    return f"{instance.dag_id}/{instance.run_id}/{instance.task_id}/{instance.map_index}"


@contextmanager
def acting(context: Context) -> Iterator[tuple[Settings, Ledger, Actor]]:
    """Settings, ledger and the actor. Skipped where no identity may act; what passes is retried."""
    from csp_receivables import microsoft_wiring

    hook = PartnerCenterHook(ACTOR)
    if not hook.is_set():
        skip("no identity may act at Microsoft (partner_center_actor): docs/OPERATIONS.md")
    with at_work() as (settings, ledger):
        _speaks_for_now(context, settings)
        try:
            with hook.actor(settings, ledger) as actor:
                yield settings, ledger, actor
        except microsoft_wiring.MicrosoftRefused as refused:
            microsoft_wiring.tell_of_credit_limit(settings, ledger, refused)
            if refused.passes:
                raise PassingTrouble(str(refused)) from refused
            raise


def _speaks_for_now(context: Context, settings: Settings) -> None:
    refuse_to_outrun_the_clock(context, settings)
    if why := why_not_now(context, settings):
        skip(f"access is changed for now only: {why}")


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise BadAnswer(f"{text!r} is no day: hold until a day such as 2026-12-01") from None


def _told(ended: Mapping[str, int], findings: list[Any], because: str) -> Told:
    if because:
        log.warning("ended early: %s", because)
    told: Told = {**{name: int(number) for name, number in ended.items()}, "findings": len(findings)}
    log.info("%s", ", ".join(f"{count} {name}" for name, count in told.items()))
    return told | ({"because": because} if because else {})
