"""Microsoft's five ways to say no, as one exception with code, meaning and remedy (microsoft.md 6).

Partner Center: {code, description}; throttling: {statusCode, message}; Graph: {error: {code, message}}; sign-in:
{error, error_description, error_codes}; gateways: HTML, or nothing at all. `refusal_codes` says what the codes mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from csp_receivables.adapters.partner_center.answers import Record, parse_json
from csp_receivables.adapters.partner_center.refusal_codes import CODES, CONSENT, SIGN_IN
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused

TEXT_MAX = 160  # of Microsoft's own words
PASSING = {401, 408, 409, 429, 500, 502, 503, 504}  # 401: a new token was refused, too; it may be their hiccup
_CONSENT_AGAIN = "A person must sign in and consent again: see 'Two app registrations' in docs/OPERATIONS.md"
_HIDDEN = [
    (re.compile(r"(?i)\b(trace id|correlation id|timestamp|request id)\b.*", re.S), ""),  # the log has ours
    (re.compile(r"(?i)\b(sig|signature|secret|client_secret|token|assertion|password)\s*[=:]\s*[^&\s,;]+"), r"\1=…"),
    (re.compile(r"(?i)\bbearer\s+\S+"), "…"),
    (re.compile(r"\S+@\S+"), "…"),  # people
    (re.compile(r"[A-Za-z0-9+/_=.%-]{41,}"), "…"),  # tokens and keys; an id has 36 characters
    (re.compile(r"\s+"), " "),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a refusing body says: its code and its words, both "" where it says nothing."""

    code: str
    text: str
    is_sign_in: bool = False


def refusal(status: int, body: bytes) -> MicrosoftRefused:
    """The exception for an answer that is no success. `status`: HTTP."""
    said = said_in(body)
    if said.is_sign_in:
        return sign_in_refusal(said, status)
    known = CODES.get(said.code)
    if known:
        kind = ConsentLost if said.code in CONSENT else MicrosoftRefused
        return kind(said.code, known.meaning, known.remedy, status=status, passes=known.passes)
    meaning = said.text or f"it answered with HTTP {status} and no reason"
    passes = status in PASSING or status >= 505
    return MicrosoftRefused(said.code, meaning, _remedy_of(status), status=status, passes=passes)


def sign_in_refusal(said: Said, status: int) -> MicrosoftRefused:
    """The exception for a refused sign-in: nothing but an outage passes by itself."""
    if said.code in ("temporarily_unavailable", "server_error") or status in PASSING - {401, 409}:
        return MicrosoftRefused(said.code, said.text, "Wait: the sign-in is tried again", status=status, passes=True)
    known = SIGN_IN.get(said.code)
    if known:
        return ConsentLost(said.code, known.meaning, known.remedy, status=status)
    return ConsentLost(said.code, said.text or "the sign-in was refused", _CONSENT_AGAIN, status=status)


def hollow_success(status: int, body: bytes) -> MicrosoftRefused:
    """The exception for a success without what it should hold: a gateway's page, or a lost body."""
    what = "an HTML page" if _is_page(body) else "nothing" if not body.strip() else "not what it should hold"
    return MicrosoftRefused(
        "hollow_success", f"it answered with HTTP {status} and {what}", _remedy_of(503), status=status, passes=True
    )


def said_in(body: bytes) -> Said:
    """What the body says, whichever of the five shapes it has."""
    try:
        node = parse_json(body)
        record = Record(node, "a refusal")
    except (ValueError, MicrosoftRefused):
        return Said(code="", text="a gateway's HTML page" if _is_page(body) else "")
    if isinstance(record.value("error"), dict):
        inner = record.record("error")
        return Said(code=_text(inner, "code"), text=clean(_text(inner, "message")))
    if "error" in record:
        return sign_in_said(record.raw)
    code, text = (_text(record, "code"), _text(record, "description")) if "code" in record else ("", "")
    return Said(code=code or _text(record, "statusCode"), text=clean(text or _text(record, "message")))


def sign_in_said(answer: object) -> Said:
    """What a sign-in's refusal says: AADSTS code where there is one, else OAuth's word."""
    record = Record(answer, "a refused sign-in")
    codes = record.value("error_codes")
    number = codes[0] if isinstance(codes, list) and codes else None
    found = re.search(r"AADSTS(\d+)", _text(record, "error_description"))
    digits = str(number) if isinstance(number, int) else found[1] if found else ""
    code = f"AADSTS{digits}" if digits else _text(record, "error")
    return Said(code=clean(code), text=clean(_text(record, "error_description")), is_sign_in=True)


def clean(text: str) -> str:
    """Microsoft's words, cut, and without what may be a person or a secret."""
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    text = text.strip().rstrip(".")
    return text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}…"


def _remedy_of(status: int) -> str:
    if status == 429:
        return "Wait: it is tried again later; fewer runs at once help"
    if status in (401, 403):
        return "Check the app registration's permissions and consent: see docs/OPERATIONS.md"
    if status in PASSING or status >= 500:
        return "Wait: it is tried again later; if it stays, ask Microsoft with the correlation id from the log"
    return "Ask Microsoft's support with the correlation id from the log"


def _is_page(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<"


def _text(record: Record, name: str) -> str:
    try:
        return record.text(name)
    except MicrosoftRefused:
        return ""
