"""Timelines of `csp policy simulate`: JSON lines, each checked by itself; faults name line and remedy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.timeline import Event, Part, TimelineRefused, Verb
from csp_receivables.domain.money import NotMoney, parse_decimal

DESCRIBED_IN = "docs/COLLECTIONS.md, part Timelines"
PARTY_KINDS = ("company", "public_body", "consumer", "unknown")
_WHO = ("name", "country", "party_kind")
# Of each verb the fields that it needs, and those it may have.
_FIELDS: dict[Verb, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Verb.INVOICE: (("customer", "number", "amount", "currency"), ("issued_on", "due_on", *_WHO)),
    Verb.PAYMENT: (("customer", "amount"), ("number", "currency")),
    Verb.CREDIT: (("customer", "amount"), ("number", "currency")),
    Verb.WRITE_OFF: (("customer", "number"), ("amount", "currency", "reason", "by")),
    Verb.HOLD: (("customer",), ("kind", "number", "until", "amount", "currency", "instalments", "reason", "by")),
    Verb.RELEASE: (("customer",), ("number", "kind", "reason", "by")),
    Verb.NOTICE_ACCEPTED: (("customer", "stage"), ("numbers", "number")),
    Verb.NOTICE_BOUNCED: (("customer", "stage"), ("numbers", "number")),
    Verb.TAG: (("customer", "tag"), _WHO),
    Verb.UNTAG: (("customer", "tag"), _WHO),
    Verb.CHARGEBACK: (("customer",), ("number", "amount", "currency")),
    Verb.BANK_FEED: ((), ("account", "until", "stale")),
    Verb.ASK: ((), ("customer", "customers")),
}
_ALWAYS = ("on", "do", "ask", "note")
_DAYS = ("issued_on", "due_on", "until")
_TEXTS = ("customer", "number", "currency", "stage", "kind", "tag", "account", "reason", "by", *_WHO)


def read_timeline(path: Path) -> Iterator[Event]:
    """The events of a file, one a line; empty lines and those that begin with # say nothing. Raises TimelineRefused."""
    for line, text in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if text.strip() and not text.lstrip().startswith("#"):
            yield parse_event(line, text)


def parse_event(line: int, text: str) -> Event:
    """One line of a timeline as an event. Raises TimelineRefused."""
    try:
        data = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise TimelineRefused(line, f"this is no JSON: {error.msg} at column {error.colno}", _described()) from None
    if not isinstance(data, dict):
        raise TimelineRefused(line, "this is no JSON object", _described())
    do = _verb(line, data)
    _check_fields(line, do, data)
    texts = {name: _text(line, name, data[name]) for name in _TEXTS if name in data}
    days = {name: _day(line, name, data[name]) for name in _DAYS if data.get(name) is not None}
    if do is Verb.INVOICE and not days.keys() & {"due_on", "issued_on"}:
        raise TimelineRefused(
            line, "an invoice without due_on", "Add due_on (or issued_on, which then is the due date)"
        )
    event = Event(
        line=line,
        on=_day(line, "on", data["on"]),
        do=do,
        numbers=_numbers(line, do, data),
        amount=_amount(line, data["amount"]) if data.get("amount") is not None else None,
        instalments=_instalments(line, data.get("instalments") or ()),
        stale=data.get("stale") is True,
        issued_on=days.get("issued_on"),
        due_on=days.get("due_on"),
        until=days.get("until"),
    )
    return replace(event, **_defaults(line, do, texts))  # type: ignore[arg-type]  # fields of text, by name


def _described() -> str:
    return f"Write it as {DESCRIBED_IN} shows"


def _verb(line: int, data: Mapping[str, Any]) -> Verb:
    if data.get("ask") is True and "do" not in data:
        return Verb.ASK
    found = data.get("do")
    verbs = [verb.value for verb in Verb if verb is not Verb.ASK]
    if found is None:
        raise TimelineRefused(line, "neither do nor ask", f'Add "do": one of {", ".join(verbs)}; or "ask": true')
    if found not in [verb.value for verb in Verb]:
        raise TimelineRefused(line, f"do: {found!r} is not known", f"Write one of {', '.join(verbs)}")
    return Verb(found)


def _check_fields(line: int, do: Verb, data: Mapping[str, Any]) -> None:
    needed, optional = _FIELDS[do]
    for name in ("on", *needed):
        if data.get(name) in (None, ""):
            raise TimelineRefused(line, f"{do} without {name}", f"Add {name}; {_described().lower()}")
    if odd := sorted(data.keys() - {*_ALWAYS, *needed, *optional}):
        known = ", ".join((*needed, *optional)) or "none"
        raise TimelineRefused(line, f"{do} has no field {odd[0]}", f"Remove it, or spell one of: {known}")


def _text(line: int, name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TimelineRefused(line, f"{name}: {value!r} is no text", "Write it between quotation marks")
    return value.strip()


def _defaults(line: int, do: Verb, texts: dict[str, str]) -> dict[str, str]:
    """Texts as the rules know them: codes in capitals, kinds that exist, a feed's account named."""
    made = {name: text.upper() if name in ("currency", "country") else text for name, text in texts.items()}
    kinds = [kind.value for kind in HoldKind]
    if made.get("kind") and made["kind"] not in kinds:
        raise TimelineRefused(line, f"kind: {made['kind']!r} is not known", f"Write one of {', '.join(kinds)}")
    if made.get("party_kind") and made["party_kind"] not in PARTY_KINDS:
        found = f"party_kind: {made['party_kind']!r} is not known"
        raise TimelineRefused(line, found, f"Write one of {', '.join(PARTY_KINDS)}")
    if do is Verb.BANK_FEED:
        made.setdefault("account", "bank")
    return made


def _numbers(line: int, do: Verb, data: Mapping[str, Any]) -> tuple[str, ...]:
    """What a notice names; of a question, whom it is about."""
    many, one = ("customers", "customer") if do is Verb.ASK else ("numbers", "number")
    if do not in (Verb.ASK, Verb.NOTICE_ACCEPTED, Verb.NOTICE_BOUNCED):
        return ()
    found = data.get(many, [data[one]] if data.get(one) else [])
    if not isinstance(found, list) or not all(isinstance(each, str) and each for each in found):
        raise TimelineRefused(line, f"{many}: {found!r} is no list of texts", f'Write "{many}": ["A", "B"]')
    return tuple(found)


def _day(line: int, name: str, value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise TimelineRefused(line, f"{name}: {value!r} is no day", "Write it as 2026-03-31") from None


def _amount(line: int, value: Any) -> Decimal:
    try:
        if isinstance(value, str):
            return parse_decimal(value)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return Decimal(value)
    except NotMoney:
        pass
    raise TimelineRefused(line, f"amount: {value!r} is no amount", 'Write it as "1234.50"')


def _instalments(line: int, value: Any) -> tuple[Part, ...]:
    read: Callable[[Any], Part] = lambda each: Part(  # noqa: E731
        due_on=_day(line, "due_on", each["due_on"]), amount=_amount(line, each["amount"])
    )
    try:
        return tuple(read(each) for each in value)
    except (TypeError, KeyError):
        remedy = 'Write "instalments": [{"due_on": "2026-03-31", "amount": "100.00"}]'
        raise TimelineRefused(line, f"instalments: {value!r} can't be read", remedy) from None
