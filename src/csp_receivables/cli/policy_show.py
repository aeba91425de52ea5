"""`csp policy show`: which rules are in force, in one view."""

from __future__ import annotations

from csp_receivables import collections_wiring
from csp_receivables.cli.output import JsonOption, emit_json, show_table
from csp_receivables.cli.policy_check import PolicyFile
from csp_receivables.domain.collections.policy import CollectionsPolicy, Stage
from csp_receivables.domain.collections.policy_state import PolicyState, state_of
from csp_receivables.domain.collections.policy_words import condition_text, override_text
from csp_receivables.domain.money import to_text
from csp_receivables.settings import Settings


def show(file: PolicyFile = None, *, as_json: JsonOption = False) -> None:
    """Show the policy in force: its version, whether notices may leave, its stages, minimums and overrides."""
    settings = Settings.from_environment()
    policy = collections_wiring.checked_policy(settings, file)
    today = settings.clock().astimezone(settings.time_zone).date()
    state = state_of(policy, today)
    if as_json:
        emit_json(_as_json(policy, state))
        return
    since = f" since {policy.live_from}" if policy.live_from else ""
    print(f"policy {policy.name}, version {policy.version}: {state.value}{since}")
    columns = ("stage", "does", "when", "and")
    show_table("Stages", columns, [_row(stage) for stage in policy.stages])
    minimums = [
        (currency, to_text(least.amount, currency), str(least.receivables))
        for currency, least in policy.minimum.items()
    ]
    show_table(
        "Nothing is chased below", ("currency", "amount", "receivables"), minimums, right=("amount", "receivables")
    )
    for override in policy.overrides:
        print(override_text(override))


def _row(stage: Stage) -> tuple[str, str, str, str]:
    asks = []
    if stage.days_after_previous_min:
        asks.append(f"{stage.days_after_previous_min} days after the stage before")
    if stage.warned_by:
        warned = stage.warned_by
        asks.append(f"{warned.stage} accepted {warned.days_min} to {warned.days_max} days before")
    if stage.owner:
        asks.append(f"{stage.owner} takes over")
    return stage.name, stage.act.value, condition_text(stage.when), "; ".join(asks)


def _as_json(policy: CollectionsPolicy, state: PolicyState) -> dict[str, object]:
    return {
        "name": policy.name,
        "version": policy.version,
        "state": state.value,
        "live_from": policy.live_from,
        "dry_days": policy.dry_days,
        "anchor": policy.anchor.value,
        "grace_days": policy.grace_days,
        "stages": [dict(zip(("stage", "does", "when", "and"), _row(stage), strict=True)) for stage in policy.stages],
        "minimum": {
            currency: {"amount": to_text(least.amount, currency), "receivables": least.receivables}
            for currency, least in policy.minimum.items()
        },
        "overrides": [override_text(override) for override in policy.overrides],
        "languages": policy.languages,
        "interest_in": sorted(policy.interest_in),
    }
