"""Sending notices: what waits in the outbox is looked at once more, written, passed through the gate, handed over.

Whatever happens to one action changes no other's outcome. A letter that may have been handed over is never sent again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.outbox.breaker import tripped
from csp_receivables.domain.outbox.states import State
from csp_receivables.outbox_ports import Fresh, LastLook, Waiting
from csp_receivables.steps.send_notices import findings
from csp_receivables.steps.send_notices.performing import Ended, Performer, why_not_wanted

__all__ = ["Performer"]

NOTICES = (Answer.SEND_NOTICE,)
_NO_VERDICT_ON_THE_SERVER = frozenset({"accepted", "no_address", "superseded", "taken", "not_written"})


@dataclass(slots=True, kw_only=True)
class Sent:
    """What a run came to: how many actions ended how, how many wait and why, and what a person must look at."""

    ended: Counter[str] = field(default_factory=Counter)  # by `Ended.how`
    waits: Counter[str] = field(default_factory=Counter)  # by reason
    findings: list[Finding] = field(default_factory=list)
    because: str = ""  # why the run ended early, or did nothing

    def count(self, ended: Ended) -> None:
        """Add how one action ended."""
        self.ended[ended.how] += 1
        self.findings += ended.found


class _RunEnds(Exception):
    """Nothing else of this run is handed over: the gate was closed, or the server takes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNotices:
    """What sending needs. `historical`: why this run speaks for the past, and therefore hands nothing over."""

    performer: Performer
    look: LastLook
    historical: str = ""
    kinds: tuple[Answer, ...] = NOTICES

    def send(self) -> Sent:
        """Perform what is due. Findings are kept in the ledger, too."""
        sent = Sent(because=self.historical)
        if self.historical:
            return sent
        try:
            self._send(sent)
        except _RunEnds as ends:
            sent.because = str(ends)
        finally:
            self.performer.mail.close()
            if sent.findings:
                self.performer.outbox.record(sent.findings)
        return sent

    def _send(self, sent: Sent) -> None:
        _, in_doubt = self.performer.outbox.recover()
        sent.findings += [findings.in_doubt(action_id, "its worker was gone") for action_id in in_doubt]
        wanted = self._still_wanted(sent)
        due = [(action, fresh) for action, fresh in wanted if self._may_go(fresh, sent)]
        # What failed before comes last: it must not be the canary of every run, and keep all others waiting.
        allowed = sorted(self._within_limits(wanted, due, sent), key=lambda each: each[0].state is State.FAILED)
        for action, _ in allowed[self._canaries(allowed, sent) :]:
            self._perform_one(action, sent)

    def _still_wanted(self, sent: Sent) -> list[tuple[Waiting, Fresh]]:
        """What waits and would be decided the same now, by a policy that is live; what would not be is superseded."""
        wanted, outbox = [], self.performer.outbox
        waiting = outbox.waiting(self.kinds)
        looks = self.look.look(sorted({action.customer_id for action in waiting})) if waiting else {}
        for action in waiting:
            fresh = looks.get(action.customer_id)
            fresh = fresh.about(action.action_id) if fresh else None
            why = why_not_wanted(action, fresh)
            if why or fresh is None:
                sent.ended["superseded"] += outbox.supersede(action.action_id, why)
            elif dry := self.performer.moment(fresh).policy:
                sent.waits[dry] += 1
            else:
                wanted.append((action, fresh))
        return wanted

    def _may_go(self, fresh: Fresh, sent: Sent) -> bool:
        verdict = self.performer.verdict(fresh)
        if not verdict.is_open:
            sent.waits[verdict.because] += 1
        return verdict.is_open

    def _within_limits(
        self, wanted: Sequence[tuple[Waiting, Fresh]], due: Sequence[tuple[Waiting, Fresh]], sent: Sent
    ) -> list[tuple[Waiting, Fresh]]:
        """All that is due; only what a person approved when the run wants too much (invariant I10)."""
        approved = [each for each in due if each[0].state is State.APPROVED]
        asked = [each for each in wanted if each[0].state is not State.APPROVED]
        if not asked:
            return approved
        performer = self.performer
        load = performer.outbox.load(self.kinds, performer.today, len(asked))
        reasons = tripped(load, asked[0][1].policy.notices)
        if not reasons:
            return list(due)
        told = ", ".join(str(reason) for reason in reasons)
        sent.waits[f"the breaker: {told}"] += len(asked)
        sent.findings.append(findings.breaker(len(asked), told, performer.today))
        return approved

    def _canaries(self, allowed: Sequence[tuple[Waiting, Fresh]], sent: Sent) -> int:
        """Perform the first few; all must be accepted before the rest follows. Returns how many it took."""
        needed = allowed[0][1].policy.notices.canary if allowed else 0
        if len(allowed) <= needed:
            return 0
        accepted = 0
        for place, (action, _) in enumerate(allowed):
            if accepted >= needed:
                return place
            ended = self._perform_one(action, sent)
            accepted += ended.how == "accepted"
            if ended.how not in _NO_VERDICT_ON_THE_SERVER and not ended.is_of_address:
                sent.findings.append(findings.canary(action.action_id, ended.how, self.performer.today))
                raise _RunEnds(f"the first letters must be accepted before the rest follows, and one was {ended.how}")
        return len(allowed)

    def _perform_one(self, action: Waiting, sent: Sent) -> Ended:
        """Look at this customer once more, then perform the action or supersede it. Returns how it ended."""
        fresh = self.look.look([action.customer_id]).get(action.customer_id)
        ended = self.performer.perform(action, fresh.about(action.action_id) if fresh else None)
        sent.count(ended)
        if ended.stops:
            raise _RunEnds(ended.stops)
        return ended
