"""Giving access back: asked of nobody, held by no breaker; only what we took, only while its reasons are ours.

Status first, then auto-renew and scheduled changes as the snapshot has them, each read back. What is not as it was
before is told to a person (invariant I3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from csp_receivables.access_ports import AccessBook
from csp_receivables.domain.access.changes import IN_THE_AIR, Change, ChangeEvent, Direction, Standing
from csp_receivables.domain.access.concluding import ending_of
from csp_receivables.domain.access.order import coming_up
from csp_receivables.domain.access.snapshot import Snapshot, is_renewal_back, renewal_differences, snapshot_of
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.domain.microsoft.suspending import ACTIVE, SUSPENDED
from csp_receivables.domain.outbox.states import Event, State
from csp_receivables.microsoft_ports import Change as Made
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.outbox_ports import Claim, End, Fresh, LastLook, Outbox, Waiting
from csp_receivables.steps.change_access import findings
from csp_receivables.steps.change_access.changing import BETWEEN_LOOKS, LOOKS, Changer, RunEnds, Turn, moment_text
from csp_receivables.steps.change_access.telling import tell
from csp_receivables.steps.change_access.wanted import why_not

REINSTATEMENTS = (Answer.REINSTATE,)
_BUSY = timedelta(minutes=2)


@dataclass(slots=True, kw_only=True)
class Restored:
    """What a run came to: how many customers ended how ("restored", "later", "superseded", "failed", "taken")."""

    ended: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    because: str = ""  # why the run ended early, or did nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRestorer:
    """What restoring needs. `token` names this worker; `historical`: why this run speaks for the past."""

    outbox: Outbox
    book: AccessBook
    look: LastLook
    changer: Changer
    clock: Callable[[], datetime]
    token: str
    historical: str = ""

    def restore(self) -> Restored:
        """Give back what is to be given back by the facts of now. Repeating it is safe."""
        done = Restored(because=self.historical)
        if self.historical:
            return done
        try:
            self.changer.must_be_open()
            self._restore(done)
        except RunEnds as ends:
            done.because = str(ends)
        finally:
            if done.findings:
                self.book.record(done.findings)
        return done

    def _restore(self, done: Restored) -> None:
        self.outbox.recover()
        self._ask_for_what_is_settled()
        waiting = self.outbox.waiting(REINSTATEMENTS)
        looks = self.look.look(sorted({each.customer_id for each in waiting})) if waiting else {}
        for each in waiting:
            if why := self._why_not_wanted(each, looks.get(each.customer_id)):
                done.ended["superseded"] += self.outbox.supersede(each.action_id, why)
                continue
            claim = self.outbox.claim(each.action_id, self.token)
            ended = self._customer(claim, each, done) if claim else "taken"
            done.ended[ended] += 1
            if ended == "restored":
                tell(each.customer_id, self.look, self.book)

    def _why_not_wanted(self, waiting: Waiting, fresh: Fresh | None) -> str:
        """A named person's word outranks the last look: what they want back comes back, at whichever try."""
        is_decided = fresh is not None and fresh.decision.action_id == waiting.action_id
        return "" if is_decided or self.book.is_ordered(waiting.action_id) else why_not(fresh)

    def _ask_for_what_is_settled(self) -> None:
        """The run that imports the payment asks for the reinstatement, whenever the day's decisions are made.

        What Microsoft refused is asked for again by those, or by a person: not every quarter of an hour.
        """
        suspended = self.book.suspended()
        looks = self.look.look(suspended) if suspended else {}
        settled = [each.decision for each in looks.values() if each.decision.answer is Answer.REINSTATE]
        self.book.propose([each for each in settled if not self._was_refused(each)])

    def _was_refused(self, decision: Decision) -> bool:
        return any(each.event is ChangeEvent.REFUSED for each in self.book.changes(decision.action_id))

    def _customer(self, claim: Claim, waiting: Waiting, done: Restored) -> str:
        try:
            if self.book.is_busy(waiting.customer_id, Answer.PROPOSE_SUSPENSION):
                ended = End(retry_at=moment_text(self.clock() + _BUSY))
                self.outbox.conclude(claim, Event.FAILED, "a suspension of this customer is under way", ended)
                return "later"
            turns = self._everything(claim, waiting)
        except RunEnds as ends:
            self.outbox.conclude(claim, Event.LET_GO, str(ends), End())
            raise
        done.findings += [each for turn in turns for each in turn.found]
        ending = ending_of([(turn.event, turn.again) for turn in turns], "", "restored")
        if any(turn.event is ChangeEvent.REFUSED for turn in turns) and ending.again is None:
            # Still away: the day's decision asks for it anew, and a person may release it before.
            ending = replace(ending, event=Event.FAILED, how="failed")
        elif ending.event is Event.FAILED and ending.again is None:  # nothing of ours is away (any more)
            ending = replace(ending, event=Event.DONE, how="restored")
        retry_at = moment_text(ending.again) if ending.again else ""
        self.outbox.conclude(claim, ending.event, ending.why, End(retry_at=retry_at))
        return ending.how

    def _everything(self, claim: Claim, waiting: Waiting) -> Sequence[Turn]:
        self._write_down_what_shows(waiting.customer_id)
        turns = []
        for taken in coming_up(self.book.taken(waiting.customer_id)):
            before = {each.subscription_id: each for each in self.book.changes(waiting.action_id)}
            begun = before.get(taken.subscription_id)
            if begun and begun.event is ChangeEvent.REFUSED and not begun.is_back:
                if waiting.state is State.FAILED:  # only the others are tried again already
                    turns.append(Turn(standing=begun))
                    continue
                begun = None  # asked for again: its tries begin anew
            turns.append(self._one(claim, waiting, taken, begun))
        return turns

    def _write_down_what_shows(self, customer_id: str) -> None:
        """What is away, before any of it is given back: of what a base took along nobody would know afterwards."""
        for taken in coming_up(self.book.taken(customer_id)):
            if taken.is_ended:
                continue
            with suppress(MicrosoftRefused):  # its own turn says what follows
                read = self.changer.read(taken.change.tenant_id, taken.subscription_id)
                if read.status == SUSPENDED:
                    self.changer.said(taken, ChangeEvent.VERIFIED, read, why="read before it is given back")

    def _one(self, claim: Claim, waiting: Waiting, taken: Standing, begun: Standing | None) -> Turn:
        """One subscription: settle what is in the air, then bring it back step by step, reading after each."""
        restoring, standing = _Restoring(self.changer, claim, taken), begun
        for look in range(LOOKS):
            try:
                read = self.changer.read(taken.change.tenant_id, taken.subscription_id)
            except MicrosoftRefused as refusal:
                return restoring.unreadable(standing or taken, refusal)
            if standing is None:
                if turn := restoring.settled(read):
                    return turn
                standing = self._prepared(claim, waiting, read)
            step = restoring.step(standing, read)
            if isinstance(step, Turn):
                return step
            if step is standing and look < LOOKS - 1:
                self.changer.wait(BETWEEN_LOOKS)
            standing = step
        assert standing is not None
        return Turn(standing=standing, again=self.clock() + timedelta(minutes=self.changer.policy.settle_minutes))

    def _prepared(self, claim: Claim, waiting: Waiting, read: Subscription) -> Standing:
        change = Change(
            action_id=waiting.action_id,
            customer_id=waiting.customer_id,
            direction=Direction.RESTORE,
            snapshot=snapshot_of(read),
        )
        if not self.book.prepare(claim, [change]):
            raise RunEnds("another worker has the claim by now")
        return Standing(change=change, event=ChangeEvent.PREPARED, at=self.clock())


@dataclass(frozen=True, slots=True)
class _Restoring:
    """Bringing back one subscription that we took. `taken`: how we took it, with the snapshot from before."""

    changer: Changer
    claim: Claim
    taken: Standing

    def settled(self, read: Subscription) -> Turn | None:
        """What was in the air when we took it: did it happen? None: it did, so it is brought back."""
        taken, changer = self.taken, self.changer
        if taken.is_ended:
            return None
        if read.status == SUSPENDED:
            changer.said(taken, ChangeEvent.VERIFIED, read, why="read before it is given back")
            return None
        settles_at = (taken.began_at or taken.at) + timedelta(minutes=changer.policy.settle_minutes)
        if changer.clock() < settles_at:
            return Turn(standing=taken, again=settles_at)
        return Turn(standing=changer.said(taken, ChangeEvent.PUT_OFF, read, why="it never happened"))

    def step(self, standing: Standing, read: Subscription) -> Turn | Standing:
        """The next step by what it reads as: where the change stands then (the same: wait), or how it ended."""
        if read.status == SUSPENDED:
            return self._status(standing, read)
        if read.status == ACTIVE:
            return self._renewal(standing, read)
        found = findings.odd(standing.change, read.status)
        return self.changer.ended(standing, ChangeEvent.ODD, [found], read, why=f"it reads {read.status!r}")

    def _status(self, standing: Standing, read: Subscription) -> Turn | Standing:
        other = "it was suspended again, by somebody else" if standing.is_back else ""
        if other or (not standing.tries and (other := self._other_reasons(read))):
            found = findings.not_ours(standing.change, other)
            return self.changer.ended(standing, ChangeEvent.NOT_OURS, [found], read, why=other)
        if self._is_settling(standing):
            return standing
        return self._send(standing, lambda: self.changer.microsoft.set_status(read, ACTIVE))

    def _renewal(self, standing: Standing, read: Subscription) -> Turn | Standing:
        before, now = self.taken.change.snapshot, snapshot_of(read)
        if not standing.tries:
            why = "it was active already: somebody else gave access back"
            found = (findings.not_ours(standing.change, why), *self._differing(standing, now))
            return self.changer.ended(standing, ChangeEvent.NOT_OURS, found, read, why=why)
        if not standing.is_back:
            standing = self.changer.said(standing, ChangeEvent.STATUS_BACK, read)
        if not is_renewal_back(before, now) and standing.tries < self.changer.tries_max(standing):
            if self._is_settling(standing):
                return standing
            sent = self._send(standing, lambda: self.changer.microsoft.set_renewal(read, before.document))
            if not isinstance(sent, Turn) or sent.event is not ChangeEvent.REFUSED:
                return sent
            return self._is_back(sent.standing, read, sent.found)  # without its renewal, but back
        return self._is_back(standing, read)

    def _is_back(self, standing: Standing, read: Subscription, found: tuple[Finding, ...] = ()) -> Turn:
        found += self._differing(standing, snapshot_of(read))
        return self.changer.ended(standing, ChangeEvent.VERIFIED, found, read)

    def _differing(self, standing: Standing, now: Snapshot) -> tuple[Finding, ...]:
        """A finding for each thing that is not as it was before we took access (invariant I3)."""
        differing = renewal_differences(self.taken.change.snapshot, now)
        return tuple(findings.renewal_differs(standing.change, each) for each in differing)

    def _send(self, standing: Standing, do: Callable[[], Made]) -> Turn | Standing:
        if standing.tries >= self.changer.tries_max(standing):
            found = findings.tried_too_often(standing.change, standing.tries)
            return self.changer.ended(standing, ChangeEvent.REFUSED, [found], why="no reading shows it")
        return self.changer.send(self.claim, standing, do, lambda: "")

    def _other_reasons(self, read: Subscription) -> str:
        """Why the suspension is not (only) ours any more; "" when it is. What was never read back has no reasons."""
        left = self.taken.left
        if left is None or left.suspension_reasons == tuple(sorted(read.suspension_reasons)):
            return ""
        was, is_ = (", ".join(each) or "none" for each in (left.suspension_reasons, read.suspension_reasons))
        return f"the reasons of the suspension were {was} when we left it, and are {is_}"

    def _is_settling(self, standing: Standing) -> bool:
        settles = timedelta(minutes=self.changer.policy.settle_minutes)
        began = standing.began_at
        return bool(standing.event in IN_THE_AIR and began and self.changer.clock() < began + settles)

    def unreadable(self, standing: Standing, refusal: MicrosoftRefused) -> Turn:
        """Not even read: tried again, and told to a person where Microsoft says that it is for one."""
        found = () if refusal.passes else (
            findings.refused(standing.change, refusal.code, refusal.meaning, refusal.remedy),
        )  # fmt: skip
        return Turn(standing=standing, again=self.changer.clock() + timedelta(minutes=15), found=found)
