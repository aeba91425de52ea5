"""Where adapters meet the steps of collections: `wiring` in a file of its own, for the decisions about who is late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from csp_receivables.adapters.access_policy import read_access_policy
from csp_receivables.adapters.checked_yaml import FileFaults
from csp_receivables.adapters.collections_policy import read_collections_policy
from csp_receivables.adapters.engine import uncollected
from csp_receivables.adapters.late_interest import read_late_interest
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.books import LedgerBooks
from csp_receivables.adapters.ledger.decision_book import LedgerDecisionBook
from csp_receivables.adapters.ledger.hold_book import LedgerHoldBook
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.adapters.notices.wording import read_anew
from csp_receivables.adapters.policy_document import NoSuchWords, policy_html, policy_markdown
from csp_receivables.adapters.seller import read_seller
from csp_receivables.adapters.support_terms import read_support_terms
from csp_receivables.adapters.timeline_file import read_timeline
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.policy_migration import Moved, moves_between
from csp_receivables.domain.collections.simulation import Asked, simulate
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.settings import Settings
from csp_receivables.steps.backtest import Backtest, Backtester
from csp_receivables.steps.decide import Decider, NotLiveAnyMore
from csp_receivables.wiring import collections_policy, reconciler

__all__ = ["Backtest", "FileFaults", "NoSuchWords", "NotLiveAnyMore"]  # refusals that callers name; they see no adapter


def decider(settings: Settings, ledger: Ledger) -> Decider:
    """Everything that deciding a day needs. Raises FileFaults for a policy that can't be used."""
    rules = reconciler(settings, ledger)
    path = settings.include / "policies" / "collections.yaml"
    policy = collections_policy(settings)
    return Decider(
        book=LedgerDecisionBook(
            ledger=ledger, zone=settings.time_zone, policy_text=path.read_text(encoding="utf-8-sig")
        ),
        engine=partial(uncollected, rules.engine),
        policy=policy,
        matching=rules.policy,
        lines=rules.lines,
        is_still_live=rules.is_still_live,
    )


def hold_book(ledger: Ledger) -> LedgerHoldBook:
    """Holds and tags as people handle them."""
    return LedgerHoldBook(ledger)


def approve_policy(settings: Settings, ledger: Ledger, who: Person) -> str:
    """Let the notices of the policy in force leave, on a named person's word. Returns its version."""
    version = collections_policy(settings).version
    LedgerOutboxDesk(ledger).approve_policy(version, who)
    return version


def policy_migration(
    settings: Settings, ledger: Ledger, path: Path, plan: RunPlan
) -> tuple[CollectionsPolicy, list[Moved]]:
    """The policy in `path`, and whom it would treat differently on the plan's day. Nothing is written.

    Raises FileFaults with everything that is wrong in the policy.
    """
    new = checked_policy(settings, path)
    rules = decider(settings, ledger)
    now, then = rules.look(plan), replace(rules, policy=new, is_pinned=False).look(plan)
    names = {case.customer_id: case.name for case in (*now.cases.values(), *then.cases.values())}
    return new, moves_between(now.decisions, then.decisions, names)


def backtest(settings: Settings, ledger: Ledger, path: Path, start: date, end: date) -> Backtest:
    """A period again under the policy in `path`. Nothing is written. Raises FileFaults."""
    other = checked_policy(settings, path)
    rules = decider(settings, ledger)
    player = Backtester(
        facts_of=LedgerBooks(ledger, settings.time_zone).facts,
        engine=rules.engine,
        policy=rules.policy,
        matching=rules.matching,
        lines=rules.lines,
    )
    return player.play(other, start, end)


def simulation(policy: Path, timeline: Path) -> Iterator[Asked]:
    """The answers of the policy in one file along the timeline in another. No ledger is opened."""
    return simulate(read_collections_policy(policy), read_timeline(timeline))


def checked_policy(settings: Settings, path: Path | None = None) -> CollectionsPolicy:
    """The policy in `path`, else the one in force, checked with its templates, rates, seller and rules of access.

    Raises FileFaults with everything that is wrong in the policy; in other files only once the policy has no fault.
    """
    policies = settings.include / "policies"
    policy = read_collections_policy(
        path or policies / "collections.yaml",
        settings.include / "templates" / "notices",
        read_late_interest(policies / "late_interest.yaml").countries,
    )
    read_seller(policies / "seller.yaml", policy.languages)
    read_support_terms(policies / "support_terms.yaml", policy.languages)
    read_access_policy(policies / "access.yaml")
    return policy


def understand_policy(settings: Settings) -> None:
    """Read what finance keeps once for all processes that are forked from this one: each looks only whether it changed.

    Words of notices are read anew by each. What is wrong with the policy is told by whoever needs it.
    """
    with suppress(FileFaults, OSError):
        collections_policy(settings)
    read_anew()


def policy_document(settings: Settings, path: Path | None, language: str, *, as_html: bool) -> str:
    """The policy as a document for customers. Raises FileFaults and NoSuchWords."""
    policies, templates = settings.include / "policies", settings.include / "templates" / "policy"
    policy = checked_policy(settings, path)
    markdown = policy_markdown(
        policy,
        read_seller(policies / "seller.yaml", policy.languages),
        read_late_interest(policies / "late_interest.yaml"),
        language=language,
        today=settings.clock().astimezone(settings.time_zone).date(),
        templates=templates,
    )
    return policy_html(markdown, language=language, templates=templates) if as_html else markdown
