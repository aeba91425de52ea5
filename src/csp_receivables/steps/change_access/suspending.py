"""Suspending one subscription, or settling what an earlier attempt left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from csp_receivables.domain.access.changes import IN_THE_AIR, ChangeEvent, Standing
from csp_receivables.domain.access.settle import Next, settle
from csp_receivables.domain.access.snapshot import renewal_differences, snapshot_of
from csp_receivables.domain.access.timing import near_renewal, next_good_hour, wrong_hour
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.domain.microsoft.suspending import SUSPENDED
from csp_receivables.domain.outbox.gate import Moment
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.outbox_ports import Claim
from csp_receivables.steps.change_access import findings
from csp_receivables.steps.change_access.changing import BETWEEN_LOOKS, LOOKS, Changer, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspender:
    """Suspends one subscription at a time for one claim.

    `still_wanted`: the last look, asked of each as it begins. `moment`: where the customer is, now. `ran_out`: why
    nobody's yes covers what is left of a suspension that began; "" while somebody's does.
    """

    changer: Changer
    claim: Claim
    still_wanted: Callable[[str], str]
    moment: Callable[[], Moment]
    ran_out: Callable[[], str]

    def suspend(self, standing: Standing, *, came_along: bool) -> Turn:
        """One go at it. `came_along`: its legacy base was suspended by us before, which takes add-ons along."""
        for look in range(LOOKS):
            try:
                read = self.changer.read(standing.change.tenant_id, standing.subscription_id)
            except MicrosoftRefused as refusal:
                return self._unreadable(standing, refusal)
            what = settle(standing, read, self.changer.clock(), self.changer.policy)
            if what is Next.VERIFIED:
                return self._shows(standing, read, came_along=came_along)
            if what is Next.PERSON:
                return self._for_a_person(standing, read)
            if what is Next.SEND:
                sent = self._send(standing, read)
                if isinstance(sent, Turn):
                    return sent
                standing = sent
            elif look < LOOKS - 1:
                self.changer.wait(BETWEEN_LOOKS)
        settled_at = (standing.began_at or standing.at) + timedelta(minutes=self.changer.policy.settle_minutes)
        return Turn(standing=standing, again=settled_at)

    def _send(self, standing: Standing, read: Subscription) -> Turn | Standing:
        changer = self.changer
        if differing := renewal_differences(standing.change.snapshot, snapshot_of(read)):
            found = findings.changed_meanwhile(standing.change, differing)
            return changer.ended(standing, ChangeEvent.REFUSED, [found], read, why="; ".join(differing))
        if why := self.ran_out():
            return Turn(standing=standing, why_not=why, found=(findings.rest_left(standing.change, why),))
        if why := near_renewal(read, changer.clock(), changer.policy.renewal_hours):
            return self._put_off(standing, why, changer.clock() + timedelta(hours=changer.policy.renewal_hours))
        if why := wrong_hour(self.moment(), changer.policy):
            return self._put_off(standing, why, next_good_hour(self.moment(), changer.policy))
        return changer.send(
            self.claim,
            standing,
            lambda: changer.microsoft.set_status(read, SUSPENDED),
            lambda: self.still_wanted(standing.subscription_id),
        )

    def _put_off(self, standing: Standing, why: str, again: datetime) -> Turn:
        return Turn(standing=self.changer.said(standing, ChangeEvent.PUT_OFF, why=why), again=again, waits=True)

    def _shows(self, standing: Standing, read: Subscription, *, came_along: bool) -> Turn:
        """It is suspended. By us, if we began; else by whoever was quicker, and then it is not ours to give back."""
        is_ours = standing.event in IN_THE_AIR
        if is_ours or came_along:
            why = "" if is_ours else "its base took it along"
            return Turn(standing=self.changer.said(standing, ChangeEvent.VERIFIED, read, why=why))
        why = "it was suspended already, by somebody else"
        found = findings.not_ours(standing.change, why)
        return self.changer.ended(standing, ChangeEvent.NOT_OURS, [found], read, why=why)

    def _for_a_person(self, standing: Standing, read: Subscription) -> Turn:
        change, changer = standing.change, self.changer
        if read.status != change.snapshot.status:
            event = ChangeEvent.ODD if standing.event in IN_THE_AIR else ChangeEvent.REFUSED
            found = findings.odd(change, read.status)
            return changer.ended(standing, event, [found], read, why=f"it reads {read.status!r}")
        found = findings.tried_too_often(change, standing.tries)
        return changer.ended(standing, ChangeEvent.REFUSED, [found], read, why="no reading shows it")

    def _unreadable(self, standing: Standing, refusal: MicrosoftRefused) -> Turn:
        """Not even read. What is in the air stays so: it may have happened."""
        if not standing.tries or standing.event is ChangeEvent.PUT_OFF:
            return self.changer.refused(standing, refusal)
        again = self.changer.clock() + timedelta(hours=1)
        found = findings.refused(standing.change, refusal.code, refusal.meaning, refusal.remedy)
        return Turn(standing=standing, again=again, found=(found,))
