"""Where adapters meet notices: `wiring` in a file of its own, for what customers read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from csp_receivables.adapters.late_interest import read_late_interest
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.books import LedgerBooks
from csp_receivables.adapters.notices import BadTemplate, RenderedNotice, render
from csp_receivables.adapters.notices.files import write_gallery, write_notice
from csp_receivables.adapters.notices.wording import languages
from csp_receivables.domain.collections.notice_content import NoticeRefused
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.settings import Settings
from csp_receivables.steps.preview_notice import NoticePreview
from csp_receivables.wiring import collections_policy, reconciler, refuse_unknown, seller, support_terms

# What a command answers with a sentence and exit code 2.
REFUSALS = (BadTemplate, NoticeRefused)


def notice_templates(settings: Settings) -> Path:
    """The folder of languages."""
    return settings.include / "templates" / "notices"


def preview(
    settings: Settings, ledger: Ledger, plan: RunPlan, customer_id: str, *, stage: str, language: str = ""
) -> RenderedNotice:
    """The notice of a stage to a customer at the end of the plan's day. Only reads.

    Raises UnknownCustomer, NoticeRefused, BadTemplate.
    """
    refuse_unknown(ledger, [customer_id])
    rules, templates = reconciler(settings, ledger), notice_templates(settings)
    look = NoticePreview(
        books=LedgerBooks(ledger, settings.time_zone),
        engine=rules.engine,
        matching=rules.policy,
        lines=rules.lines,
        policy=collections_policy(settings),
        seller=seller(settings),
        interest=read_late_interest(settings.include / "policies" / "late_interest.yaml"),
        languages=languages(templates),
    )
    content = look.content(plan, customer_id, stage, language)
    return render(replace(content, support=support_terms(settings).of(customer_id)), templates)


def keep(notice: RenderedNotice, folder: Path, name: str) -> tuple[Path, ...]:
    """Write a rendered notice and its attachments into `folder`."""
    return write_notice(notice, folder, name)


def gallery(settings: Settings, folder: Path) -> tuple[Path, int]:
    """Every notice in every language on every awkward case, as files with an index page; needs no ledger."""
    return write_gallery(folder, notice_templates(settings))
