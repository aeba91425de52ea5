"""Performing suspensions that named people approved: last look, breaker, canaries, then one customer at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from csp_receivables.domain.access.approvals import why_not_approved
from csp_receivables.domain.access.changes import IN_THE_AIR, Change, ChangeEvent, Direction, Standing
from csp_receivables.domain.access.concluding import ending_of
from csp_receivables.domain.access.proposal import differences
from csp_receivables.domain.access.snapshot import snapshot_of
from csp_receivables.domain.access.timing import wrong_hour
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.outbox.gate import Moment
from csp_receivables.domain.outbox.states import Event
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.outbox_ports import Claim, End, Fresh
from csp_receivables.steps.change_access import findings
from csp_receivables.steps.change_access.changing import Changer, RunEnds, Turn, moment_text
from csp_receivables.steps.change_access.ended import SAYS_NOTHING, SUSPENDED, TAKEN, WAITS, Ended, Performed
from csp_receivables.steps.change_access.limits import OverLimits, canaries, must_fit, within_limits
from csp_receivables.steps.change_access.proposing import Due, Proposer
from csp_receivables.steps.change_access.suspending import Suspender
from csp_receivables.steps.change_access.telling import tell
from csp_receivables.steps.change_access.wanted import why_not_today


class AskedAnew(Exception):
    """The answer does not hold any more as its suspension is to begin; the message says why. Nothing is kept then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPerformer:
    """What performing needs. `token` names this worker; `historical`: why this run speaks for the past."""

    proposer: Proposer
    changer: Changer
    token: str
    historical: str = ""

    def perform(self) -> Performed:
        """Perform what is approved and due. Repeating it is safe. Findings are kept in the ledger, too."""
        done = Performed(because=self.historical)
        if self.historical:
            return done
        try:
            self.changer.must_be_open()
            self._perform(done)
        except RunEnds as ends:
            done.because = str(ends)
        finally:
            if done.findings:
                self.proposer.book.record(done.findings)
        return done

    def _perform(self, done: Performed) -> None:
        self.proposer.outbox.recover()
        due = self.proposer.due(lambda _: done.ended.update({"superseded": 1}))
        ready = [each for each in due if self._is_ready(each, done)]
        allowed = within_limits(self.proposer, ready, done)
        first = canaries(self.proposer, allowed)
        for each in allowed:
            ended = self.suspend(each)
            done.ended[ended.how] += 1
            done.findings += ended.found
            if ended.how == SUSPENDED:
                tell(each.waiting.customer_id, self.proposer.look, self.proposer.book)
            if first and ended.how not in SAYS_NOTHING:
                self._must_be_well(each, ended, done)
                first -= 1

    def _must_be_well(self, first: Due, ended: Ended, done: Performed) -> None:
        """One of the day's first: raises RunEnds unless it was seen to be away, whole."""
        if ended.how == TAKEN:
            raise RunEnds("another worker is at the first suspensions; the rest waits until they ended well")
        if not ended.is_well:
            how = ended.how if ended.how != SUSPENDED else "suspended in part"
            done.findings.append(findings.canary(first.action_id, how, self.proposer.today()))
            raise RunEnds(f"the first suspensions must end well before the rest follows; one was {how}")

    def _is_ready(self, due: Due, done: Performed) -> bool:
        if due.has_begun:
            return True
        if not due.proposal.targets:
            done.findings.append(findings.nothing_to_suspend(due.decision.customer_id, due.action_id))
        why = due.open_because or wrong_hour(self._moment(due.fresh), self.changer.policy)
        if why:
            done.waits[why] += 1
        return not why

    def _moment(self, fresh: Fresh) -> Moment:
        quiet = fresh.policy.quiet_hours
        return Moment(now=self.changer.clock(), zones=fresh.zones, country=fresh.country, quiet_hours=quiet)

    def suspend(self, due: Due) -> Ended:
        """Suspend what one approved proposal names, or go on where an earlier attempt ended."""
        claim = self.proposer.outbox.claim(due.action_id, self.token)
        if claim is None:
            return Ended(how=TAKEN)
        try:
            if self.proposer.book.is_busy(due.waiting.customer_id, Answer.REINSTATE):  # as restoring looks at us
                self._conclude(claim, Event.LET_GO, "it is being given back")
                return Ended(how=WAITS)
            if not due.has_begun and (ended := self._prepare(claim, due)):
                self._conclude(claim, Event.LET_GO, ended.why)
                return ended
            return self._one_after_the_other(claim, due)
        except OverLimits as over:
            self._conclude(claim, Event.LET_GO, f"the breaker: {over}")
            return Ended(how=WAITS, found=(findings.breaker(1, str(over), over.likely, self.proposer.today()),))
        except AskedAnew as anew:
            self._conclude(claim, Event.LET_GO, f"asked again: {anew}")
            return Ended(how="stale", why=str(anew))
        except RunEnds as ends:
            self._conclude(claim, Event.LET_GO, str(ends))
            raise

    def _prepare(self, claim: Claim, due: Due) -> Ended | None:
        """Read every target once more, and keep their snapshots before the first is touched. None: it may begin."""
        known = {each.subscription_id: each for each in self.proposer.book.changes(due.action_id)}
        answered = datetime.fromisoformat(due.approval.recorded_at) if due.approval else None
        changes = []
        for target in due.proposal.targets:
            try:
                read = self.changer.read(target.tenant_id, target.subscription_id)
            except MicrosoftRefused as refusal:
                found = () if refusal.passes else (findings.unreadable(due.waiting.customer_id, target, refusal),)
                return Ended(how="unreadable", why=f"{target.subscription_id}: {refusal.meaning}", found=found)
            if differing := differences(target, read):
                return Ended(how="stale", why=f"asked again: {target.subscription_id}: {', '.join(differing)}")
            change = Change(
                action_id=due.action_id,
                customer_id=due.waiting.customer_id,
                direction=Direction.SUSPEND,
                snapshot=snapshot_of(read),
            )
            before = known.get(target.subscription_id)
            if before is None or _begins_anew(before, change, answered):
                changes.append(change)
        return None if self.proposer.book.prepare(claim, changes) else Ended(how=TAKEN, why="another worker is at it")

    def _one_after_the_other(self, claim: Claim, due: Due) -> Ended:
        suspender = Suspender(
            changer=self.changer,
            claim=claim,
            still_wanted=partial(self._why_not_wanted, due),
            moment=partial(self._moment, due.fresh),
            ran_out=partial(self._ran_out, due),
        )
        turns: dict[str, Turn] = {}
        why_not = due.gone
        for standing in self.proposer.book.changes(due.action_id):
            base = turns.get(standing.parent_id.casefold())
            is_to_be_read = standing.event in IN_THE_AIR or _is_taken_along_by(base, standing)
            if why_not and not is_to_be_read:
                turn = Turn(standing=standing, why_not=why_not)
            else:
                turn = _next_turn(suspender, standing, base)
            turns[standing.subscription_id.casefold()] = turn
            why_not = why_not or turn.why_not
        return self._concluded(claim, list(turns.values()))

    def _why_not_wanted(self, due: Due, subscription_id: str) -> str:
        """The last look, while nobody else writes. Raises OverLimits, AskedAnew."""
        fresh = self.proposer.look.look([due.waiting.customer_id]).get(due.waiting.customer_id)
        decision, why = self.proposer.still_decided(due.action_id, fresh)
        if decision is None or fresh is None:
            return why
        if why := why_not_today(fresh, decision, self.proposer.today()):
            return why
        now = self.proposer.looked_at(due.waiting, fresh, decision)
        if now.open_because:
            raise AskedAnew(now.open_because)
        if why := _why_left_out(now, subscription_id):
            return why
        must_fit(self.proposer, replace(due, fresh=fresh))
        return ""

    def _ran_out(self, due: Due) -> str:
        """Of what began, the facts have changed by our own doing; the days of the answer pass all the same."""
        if not due.has_begun or due.approval is None:
            return ""
        now, days = self.changer.clock(), self.changer.policy.approval_days
        return why_not_approved(due.approval, due.approval.digest, now, days)

    def _concluded(self, claim: Claim, turns: Sequence[Turn]) -> Ended:
        found = tuple(each for turn in turns for each in turn.found)
        if found:  # before it ends: whoever dies then has told
            self.proposer.book.record(found)
        why_not = next((turn.why_not for turn in turns if turn.why_not), "")
        ending = ending_of([(turn.event, turn.again) for turn in turns], why_not, "suspended")
        self._conclude(claim, ending.event, ending.why, ending.again)
        is_ours = ending.event is Event.FAILED and ending.again and all(turn.waits for turn in turns if turn.again)
        return Ended(how=WAITS if is_ours else ending.how, found=found)

    def _conclude(self, claim: Claim, event: Event, why: str, again: datetime | None = None) -> None:
        retry_at = moment_text(again) if again else ""
        self.proposer.outbox.conclude(claim, event, why, End(retry_at=retry_at))


def _why_left_out(now: Due, subscription_id: str) -> str:
    """Why the policy leaves this subscription alone by the facts of now; "" when it may still go."""
    if any(each.subscription_id == subscription_id for each in now.proposal.targets):
        return ""
    because = (each.because for each in now.proposal.left_out if each.subscription_id == subscription_id)
    return f"{subscription_id} is left: {next(because, 'it is not among the subscriptions of the customer any more')}"


def _begins_anew(before: Standing, change: Change, answered: datetime | None) -> bool:
    """Is a new snapshot due? Nothing of it was sent and it is another, or a person answered again after a no."""
    if before.event in (ChangeEvent.REFUSED, ChangeEvent.NOT_OURS):
        return answered is not None and answered > before.at
    return before.event in (ChangeEvent.PREPARED, ChangeEvent.PUT_OFF) and before.change.snapshot != change.snapshot


def _next_turn(suspender: Suspender, standing: Standing, base: Turn | None) -> Turn:
    """One go at a subscription. `base`: how that at its base ended, if that is to go as well."""
    if standing.is_ended:
        return Turn(standing=standing)
    if base and base.again and standing.event not in IN_THE_AIR:  # not before its base is down
        return Turn(standing=standing, again=base.again, waits=base.waits)
    return suspender.suspend(standing, came_along=_is_taken_along_by(base, standing))


def _is_taken_along_by(base: Turn | None, standing: Standing) -> bool:
    """Did its base, suspended by us, take it along? Only legacy bases do (microsoft.md 4.3)."""
    is_legacy = not standing.change.snapshot.product_type
    return is_legacy and base is not None and base.event is ChangeEvent.VERIFIED
