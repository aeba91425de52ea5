"""The question that a person is asked about one customer, as Markdown: a minute's reading, the rest below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from csp_receivables.domain.access.azure_pack import azure_pack
from csp_receivables.domain.access.levers import Lever, LeverKind
from csp_receivables.domain.access.markdown import escaped
from csp_receivables.domain.access.proposal import Proposal, Target, days_to_renewal
from csp_receivables.domain.access.scope import LeftOut
from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.holds import standing_of
from csp_receivables.domain.microsoft.suspending import Billing
from csp_receivables.domain.money import to_text

GROUPS = "\N{NO-BREAK SPACE}"  # between thousands
ID_SHOWN = 8
_BILLED = {
    Billing.GOES_ON: "bills on to the term's end",
    Billing.STOPS: "stops, and credits the rest",
    Billing.STORAGE: "bills storage on",
    Billing.UNKNOWN: "its publisher's to say",
}


def question_text(proposal: Proposal, decision: Decision, case: Case | None, now: datetime) -> str:
    """The evidence as Markdown. What customers and Microsoft wrote is escaped: it is text, never markup."""
    name = case.name if case else proposal.customer_id
    parts = [f"## Suspend {escaped(name)} ({escaped(proposal.customer_id)})?", "", *_owed(proposal, decision)]
    parts += ["", *_at_a_glance(proposal, now)]
    parts += ["", "### What would be suspended", "", *_targets(proposal.targets, now)]
    if any(each.levers for each in proposal.targets):
        parts += ["", "### What may serve better", "", *_levers(proposal.targets)]
    parts += ["", "### Why now", "", *_why(proposal, decision)]
    parts += ["", "### What was said before", "", *_said(case, decision)] if case else []
    if proposal.left_out:
        parts += ["", "### What stays as it is", "", *_left_out(proposal.left_out)]
    for each in proposal.left_out:
        if each.for_a_person:
            parts += [
                "",
                f"### {escaped(each.name)}: only by hand",
                "",
                azure_pack(each.tenant_id, each.subscription_id),
            ]
    parts += ["", f"Digest of what you see: `{proposal.digest[:16]}`. Nobody's answer is a no."]
    return "\n".join(parts)


def _owed(proposal: Proposal, decision: Decision) -> Iterator[str]:
    for currency, overdue, open_ in proposal.owed:
        owed = f"{_money(overdue, currency)} overdue of {_money(open_, currency)} open"
        yield f"**{owed}**, the oldest for {decision.days_overdue} days, as of {decision.on}."


def _at_a_glance(proposal: Proposal, now: datetime) -> Iterator[str]:
    """What a yes does, saves and loses, and what waiting costs."""
    targets = proposal.targets
    seats = sum(each.quantity for each in targets)
    yield f"- **Suspend** blocks the users of {seats} seats of {len(targets)} subscriptions at once."
    if proposal.waiting_costs:
        saved = _amounts(proposal.waiting_costs)
        yield f"- **It saves** {saved} a week at Microsoft: one week's wait costs us that much."
    else:
        yield "- **It saves nothing** at Microsoft: one week's wait costs us no more there."
    if proposal.charged_all_the_same:
        charged, ends = _amounts(proposal.charged_all_the_same), _until_term_ends(targets, now)
        about = f", about {_amounts(ends)} until the terms end" if ends else ""
        yield f"- **It doesn't save** {charged} a week, which Microsoft charges whether suspended or not{about}."
    yield from _at_stake(proposal)
    lost = [name for name, is_lost in (("auto-renew", any(each.loses_auto_renew for each in targets)),
                                       ("scheduled changes", any(each.loses_scheduled_changes for each in targets)))
            if is_lost]  # fmt: skip
    if lost:
        yield f"- **Lost until it is given back**: {' and '.join(lost)}."
    if served := _served(targets):
        yield f"- **Perhaps better**, below: {', '.join(dict.fromkeys(_name(lever) for lever in served))}."


def _at_stake(proposal: Proposal) -> Iterator[str]:
    if not proposal.owed:
        return
    now = _amounts((currency, open_) for currency, _, open_ in proposal.owed)
    told = f"- **At stake if one waits a week**: {_amounts(proposal.at_stake_in_a_week)}, of it {now} open now"
    unknown = "" if any(each.a_week for each in proposal.targets) else "; what Microsoft charges meanwhile is not known"
    yield f"{told}{unknown}."


def _until_term_ends(targets: Sequence[Target], now: datetime) -> tuple[tuple[str, int], ...]:
    """What Microsoft will still charge for what goes on being billed, by currency."""
    sums: dict[str, int] = {}
    for each in targets:
        if charged := _until_its_end(each, now):
            sums[each.currency] = sums.get(each.currency, 0) + charged
    return tuple(sorted(sums.items()))


def _until_its_end(target: Target, now: datetime) -> int:
    """The same of one: whole days at the rate of a week; 0 where nothing goes on or its price is not known."""
    days = days_to_renewal(target, now) or 0
    return target.a_week * days // 7 if target.billing is Billing.GOES_ON else 0


def _amounts(several: Iterable[tuple[str, int]]) -> str:
    return ", ".join(_money(amount, currency) for currency, amount in several)


def _money(amount: int, currency: str) -> str:
    """`118 967.86 SEK`."""
    return f"{Decimal(to_text(amount, currency)):,} {currency}".replace(",", GROUPS)


def _targets(targets: Sequence[Target], now: datetime) -> Iterator[str]:
    yield "| subscription | seats | a week | Microsoft meanwhile | term ends | lost meanwhile |"
    yield "| --- | ---: | ---: | --- | --- | --- |"
    for each in targets:
        days = days_to_renewal(each, now)
        ends = f"{each.term_ends:%Y-%m-%d} (in {days} days)" if each.term_ends else "never"
        lost = [name for name, is_lost in (("auto-renew", each.loses_auto_renew),
                                           ("scheduled changes", each.loses_scheduled_changes)) if is_lost]  # fmt: skip
        name, loses = escaped(_named(each.name, each.subscription_id)), " and ".join(lost) or "nothing"
        week = _money(each.a_week, each.currency).replace(" ", GROUPS) if each.currency else "not known"
        billed = _BILLED[each.billing]
        if charged := _until_its_end(each, now):
            billed += f", about {_money(charged, each.currency).replace(' ', GROUPS)}"
        yield f"| {name} | {each.quantity} | {week} | {billed} | {ends} | {loses} |"
    yield ""
    for users, names in _by_words((each.users, each.name) for each in targets).items():
        yield f"- {_of(names, targets)}: {escaped(users)}."


def _levers(targets: Sequence[Target]) -> Iterator[str]:
    for lever, names in _served(targets).items():
        until = f" until {lever.until:%Y-%m-%d %H:%M} UTC" if lever.until else ""
        yield f"- **{_name(lever).capitalize()}**{until}: {lever.why}. For {_of(names, targets)}."
    yield "- A person does any of it in Partner Center; nothing of it is done here."


def _served(targets: Sequence[Target]) -> dict[Lever, list[str]]:
    """What may serve better, with all that it would serve: what ends the cost first, then what ends soonest."""
    serves: dict[Lever, list[str]] = {}
    for each in targets:
        for lever in each.levers:
            serves.setdefault(lever, []).append(each.name)
    kinds = list(LeverKind)
    return dict(sorted(serves.items(), key=lambda pair: (kinds.index(pair[0].kind), str(pair[0].until))))


def _name(lever: Lever) -> str:
    return lever.kind.value.replace("_", " ")


def _why(proposal: Proposal, decision: Decision) -> Iterator[str]:
    yield f"- For {', '.join(escaped(each) for each in proposal.receivable_ids)}"
    for reason in decision.because:
        rule, asks = (
            reason.rule.replace("_", " "),
            f" (the policy asks: {reason.threshold})" if reason.threshold else "",
        )
        yield escaped(f"- {rule}: {reason.actual}{asks}")


def _said(case: Case | None, decision: Decision) -> Iterator[str]:
    """Notices with what became of them, holds and promises with how they stand."""
    if case is None or not (case.notices or case.holds):
        yield "- nothing"
        return
    for notice in case.notices:
        yield f"- {notice.on}: {escaped(notice.stage.replace('_', ' '))}, {notice.delivery.value.replace('_', ' ')}"
    for hold in case.holds:
        until = f" until {hold.until}" if hold.until else ""
        stands = standing_of(hold, case, decision.on).state.value.replace("_", " ")
        who = f"{hold.kind.value} by {escaped(hold.placed_by)}{until}, {stands}"
        yield f"- {hold.placed_on}: {who}: {escaped(hold.reason)}"


def _left_out(left_out: Sequence[LeftOut]) -> Iterator[str]:
    for because, names in _by_words(
        (each.because, _named(each.name, each.subscription_id)) for each in left_out
    ).items():
        yield f"- {escaped(because)}: {', '.join(map(escaped, names))}"


def _named(name: str, own: str) -> str:
    """With the beginning of a long id: enough to find it by, and a table of names is read faster."""
    return f"{name} ({own[:ID_SHOWN]}…)" if len(own) > ID_SHOWN * 2 else f"{name} ({own})"


def _of(names: Sequence[str], targets: Sequence[Target]) -> str:
    return "all of them" if len(names) == len(targets) > 1 else ", ".join(map(escaped, names))


def _by_words(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The same words once, with everything that they are about."""
    found: dict[str, list[str]] = {}
    for words, about in pairs:
        found.setdefault(words, []).append(about)
    return found
