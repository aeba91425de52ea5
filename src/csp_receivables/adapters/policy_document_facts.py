"""What the document of a policy is filled with: days as customers count them, amounts and hours as they read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from babel.numbers import format_decimal
from markupsafe import Markup

from csp_receivables.adapters.country_names import country_name
from csp_receivables.adapters.notices.locales import Manner
from csp_receivables.domain.collections.anchors import working_day_from
from csp_receivables.domain.collections.interest import FixedSum, InterestRule, LateInterestRules
from csp_receivables.domain.collections.policy import (
    Act,
    Anchor,
    CollectionsPolicy,
    Condition,
    Minimum,
    Override,
    Stage,
)
from csp_receivables.domain.collections.seller import Desk, Seller, in_language

Facts = dict[str, Any]


def facts(
    policy: CollectionsPolicy,
    seller: Seller,
    rules: LateInterestRules,
    *,
    manner: Manner,
    language: str,
    today: date,
) -> Facts:
    """Everything the words of a language may name."""
    steps = [_step(stage, policy, manner) for stage in policy.stages]
    suspends = next((step for step in steps if step["act"] == Act.PROPOSE_SUSPENSION.value), None)
    escalates = next((step for step in steps if step["act"] == Act.ESCALATE.value), None)
    return {
        "policy": _policy(policy, manner),
        "steps": steps,
        "suspension": suspends,
        "escalation": escalates,
        "example": _example(policy, seller, manner, today),
        "amounts_by_currency": _amount_table(policy, manner),
        "has_remainder": bool(policy.reinstate_below),
        "quiet": _open_hours(policy, manner),
        "letters": _letters(policy),
        "interest": _interest(policy, rules, manner, language),
        "other_terms": [_terms(each, manner, language) for each in policy.overrides if each.countries],
        "has_agreed_terms": any(not each.countries for each in policy.overrides),
    } | _seller(seller, manner, language)


def _policy(policy: CollectionsPolicy, manner: Manner) -> Facts:
    return {
        "name": policy.name,
        "version": policy.version,
        "live_from": manner.long_day(policy.live_from) if policy.live_from else "",
        "counts_from_issue": policy.anchor is Anchor.ISSUE_DATE,
        "grace_days": policy.grace_days,
        "pause_days": policy.part_payment_pause_days,
        "working_days_only": policy.working_days_only,
    }


def _letters(policy: CollectionsPolicy) -> Facts:
    """Which letters are written beside the steps; `any`: is there one at all?"""
    letters = policy.letters
    written = {
        "promise_broken": letters.promise_broken,
        "payment_received": letters.payment_received,
        "statement_day": letters.statement_day or 0,
    }
    return written | {"any": any(written.values())}


def _step(stage: Stage, policy: CollectionsPolicy, manner: Manner) -> Facts:
    parts = [_with(stage.when, part) for part in stage.when.any_of] or [stage.when]
    return {
        "name": stage.name,
        "act": stage.act.value,
        "template": stage.template,
        "parts": [_part(part, policy, manner) for part in parts],
        # The table of amounts says from what access may be suspended, so a sentence need not.
        "amounts_in_table": bool(stage.when.amount_min) and stage.when.amount_min == _suspends(policy).amount_min,
        "days": _after_due(stage.when.days_alone or 1, policy),
        "wait": stage.days_after_previous_min,
        "warned_days": stage.warned_by.days_min if stage.warned_by else 0,
        "warned_days_max": stage.warned_by.days_max if stage.warned_by else 0,
        "owner": stage.owner,
    }


def _suspends(policy: CollectionsPolicy) -> Condition:
    """The condition of the first stage that suspends, as far as it is one for all."""
    when = next((stage.when for stage in policy.stages if stage.act is Act.PROPOSE_SUSPENSION), Condition())
    return Condition() if when.any_of else when


def _with(whole: Condition, part: Condition) -> Condition:
    """An alternative with what holds for all of them."""
    return Condition(
        days_min=max((d for d in (whole.days_min, part.days_min) if d is not None), default=None),
        amount_min=dict(whole.amount_min) | dict(part.amount_min),
        receivables_min=part.receivables_min or whole.receivables_min,
        tags=whole.tags | part.tags,
        without_tags=whole.without_tags | part.without_tags,
    )


def _part(when: Condition, policy: CollectionsPolicy, manner: Manner) -> Facts:
    return {
        "days": None if when.days_min is None else _after_due(when.days_min, policy),
        "receivables": when.receivables_min or 0,
        "amounts": _amounts(when.amount_min, manner),
        "is_for_some": bool(when.tags or when.without_tags),
    }


def _after_due(days: int, policy: CollectionsPolicy) -> int:
    """Days after the due date as customers count them: the days of grace are among them."""
    return days if days < 0 else days + policy.grace_days


def _amount_table(policy: CollectionsPolicy, manner: Manner) -> list[Facts]:
    """By currency: from what we act, from what access may be suspended, and at what rest it returns ("": no such)."""
    suspends = _suspends(policy)
    currencies = dict.fromkeys([*policy.minimum, *suspends.amount_min, *policy.reinstate_below])
    rows = []
    for currency in currencies:
        least = policy.minimum.get(currency, Minimum())
        suspended_from = max(suspends.amount_min.get(currency, 0), least.amount)
        rows.append(
            {
                "currency": currency,
                "acts_from": manner.money(least.amount, currency),
                "receivables": least.receivables,
                "suspends_from": manner.money(suspended_from, currency),
                "returns_at": manner.money(policy.reinstate_below.get(currency, 0), currency),
            }
        )
    return rows


def _amounts(amounts: Mapping[str, int], manner: Manner) -> list[str]:
    return [manner.money(amount, currency) for currency, amount in amounts.items()]


def _example(policy: CollectionsPolicy, seller: Seller, manner: Manner, today: date) -> Facts:
    """The earliest days for an invoice that falls due early next month, in the seller's country."""
    next_month = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    due_on = working_day_from(next_month, seller.country)
    shown, notices = [], dict[str, date]()
    before: date | None = None
    for stage in policy.stages:
        day = due_on + timedelta(days=_after_due(stage.when.days_alone or 1, policy))
        if before and stage.days_after_previous_min:
            day = max(day, before + timedelta(days=stage.days_after_previous_min))
        if stage.warned_by and stage.warned_by.stage in notices:
            day = max(day, notices[stage.warned_by.stage] + timedelta(days=stage.warned_by.days_min))
        if policy.working_days_only:
            day = working_day_from(day, seller.country)
        notices[stage.name] = before = day
        shown.append(manner.long_day(day))
    return {"due_on": manner.long_day(due_on), "days": shown}


def _open_hours(policy: CollectionsPolicy, manner: Manner) -> Facts | None:
    quiet = policy.quiet_hours
    return {"opens": manner.hour(quiet.ends), "closes": manner.hour(quiet.begins)} if quiet else None


def _interest(policy: CollectionsPolicy, rules: LateInterestRules, manner: Manner, language: str) -> list[Facts]:
    """One row for each country, kind of customers and rule in force that the policy shows; none when it shows none."""
    rows = []
    for country in sorted(policy.interest_in, key=lambda country: country_name(country, language)):
        for rule in _newest(rules.rules, country):
            by_sum: dict[FixedSum | None, list[str]] = {}
            for kind in sorted(rule.kinds):
                by_sum.setdefault(_fixed_sum(rules.fixed_sums, country, kind), []).append(kind)
            rows += [
                _interest_row(country, rule, kinds, fixed, manner=manner, language=language)
                for fixed, kinds in by_sum.items()
            ]
    return rows


def _newest(rules: Sequence[InterestRule], country: str) -> list[InterestRule]:
    """The rules of a country, of several for the same kinds the newest."""
    newest: dict[frozenset[str], InterestRule] = {}
    for rule in sorted((rule for rule in rules if country in rule.countries), key=lambda rule: rule.valid_from):
        newest[rule.kinds] = rule
    return list(newest.values())


def _fixed_sum(sums: Sequence[FixedSum], country: str, kind: str) -> FixedSum | None:
    fitting = [each for each in sums if country in each.countries and kind in each.kinds]
    return max(fitting, key=lambda each: each.valid_from, default=None)


def _interest_row(
    country: str, rule: InterestRule, kinds: Sequence[str], fixed: FixedSum | None, *, manner: Manner, language: str
) -> Facts:
    currency = fixed.currency if fixed else ""
    return {
        "country": country_name(country, language),
        "kinds": list(kinds),
        "reference": rule.reference,
        "margin": str(format_decimal(rule.margin, locale=manner.locale)) if rule.margin else "",
        "fixed_sums": [
            {"least": manner.money(least, currency) if least else "", "owed": manner.money(owed, currency)}
            for least, owed in (fixed.tiers if fixed else ())
        ],
    }


def _terms(override: Override, manner: Manner, language: str) -> Facts:
    return {
        "countries": manner.listed([country_name(country, language) for country in sorted(override.countries)]),
        "exempt": override.exempt,
        "grace_days": override.grace_days,
        "has_more": bool(override.minimum or override.stage_days),
    }


def _seller(seller: Seller, manner: Manner, language: str) -> Facts:
    accounts = {account.currency: account for account in reversed(seller.accounts)}  # the first of each currency
    return {
        "seller": {
            "name": seller.name,
            "org_number": seller.org_number,
            "vat_number": seller.vat_number,
            "address": ", ".join(seller.address),
            "country": country_name(seller.country, language),
            "web": _link(seller.web),
        },
        "holder": next((account.holder for account in seller.accounts if account.holder), seller.name),
        "accounts": [
            {"currency": each.currency, "bank": each.bank, "iban": _unbroken(each.iban), "bic": each.bic,
             "bankgiro": each.bankgiro}
            for each in reversed(accounts.values())
        ],
        "invoices": _desk(seller.invoices, manner),
        "support": _desk(seller.support, manner),
        "zone": manner.zone(seller.time_zone),
        "prices": [
            {"what": in_language(each.what, language), "price": manner.money(each.amount, each.currency),
             "is_free": each.amount == 0, "per": in_language(each.per, language)}
            for each in seller.support_prices
        ],
    }  # fmt: skip


def _desk(desk: Desk, manner: Manner) -> Facts:
    hours = [
        f"{manner.weekdays(each.days)} {manner.hour(each.opens)}–{manner.hour(each.closes)}" for each in desk.hours
    ]
    return {"name": desk.name, "phone": _unbroken(desk.phone), "email": _link(desk.email), "hours": ", ".join(hours)}


def _unbroken(number: str) -> str:
    """A number whose groups stay on one line."""
    return number.replace(" ", "\u00a0")


def _link(address: str) -> Markup | str:
    """A web or e-mail address as an autolink; the forms of both leave no room for markup."""
    return Markup(f"<{address.replace('<', '%3C').replace('>', '%3E')}>") if address else ""  # noqa: S704
