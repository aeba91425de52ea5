"""Microsoft's JSON read as it really comes, and its refusals in words that hold no secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.adapters.partner_center.answers import Record, exact_json, parse_json
from csp_receivables.adapters.partner_center.errors import TEXT_MAX, clean, hollow_success, refusal
from csp_receivables.adapters.partner_center.refusal_codes import CODES, SIGN_IN
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused


def record(**fields: Any) -> Record:
    return Record(parse_json(json.dumps(fields).encode()), "a test")


def test_a_byte_order_mark_and_large_letters_make_no_difference() -> None:
    node = Record(parse_json(b'\xef\xbb\xbf{"STATUS": "active", "Links": {"Next": null}}'), "x")

    assert node.text("status") == "active"
    assert "status" in node
    assert "next" not in node.record("links")
    assert "absent" not in node


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**15), max_value=10**15))
def test_a_number_is_exact_as_number_and_as_text(number: Decimal) -> None:
    for told in (f"{number}", f'"{number}"'):
        assert Record(parse_json(f'{{"a": {told}}}'.encode()), "x").amount("A") == number


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"a": NaN}', b'{"a": Infinity}', b"[" * 100_000, b"\xff", b'{"a": 1']
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_json(body)


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2018-02-08T18:44:37.5381456Z", datetime(2018, 2, 8, 18, 44, 37, 538145, UTC)),
        ("2019-02-04T09:22:40.1767993-08:00", datetime(2019, 2, 4, 17, 22, 40, 176799, UTC)),
        ("2015-11-24T01:07:00.863", datetime(2015, 11, 24, 1, 7, 0, 863000, UTC)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2015-11-25T06: 41: 12Z", datetime(2015, 11, 25, 6, 41, 12, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59Z", None),
        ("9999-12-10T00:00:00-12:00", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_come_in_many_shapes(told: str | None, moment: datetime | None) -> None:
    assert record(At=told).moment("at") == moment
    assert record(later=told).moment("at", "later") == moment


@pytest.mark.parametrize(
    ("fields", "ask"),
    [
        ({"a": "soon"}, "moment"),
        ({"a": "1,5"}, "amount"),
        ({"a": {}}, "text"),
        ({"a": []}, "text"),
        ({"a": 1.5}, "whole"),
        ({"a": "1E+999999"}, "whole"),
        ({"a": "maybe"}, "flag"),
        ({"a": "x"}, "records"),
        ({"a": "x"}, "texts"),
        ({"a": "x"}, "record"),
        ({}, "needed"),
        ({"a": " "}, "needed"),
    ],
)
def test_what_has_another_shape_is_refused_without_its_value(fields: dict[str, Any], ask: str) -> None:
    with pytest.raises(MicrosoftRefused, match="a test") as refused:
        list(getattr(record(**fields), ask)("a"))

    assert refused.value.code == "unreadable"
    assert "soon" not in str(refused.value)


def test_what_is_absent_is_none_or_empty() -> None:
    nothing = record()

    assert (nothing.text("a"), nothing.amount("a"), nothing.whole("a"), nothing.flag("a")) == ("", None, 0, None)
    assert (nothing.texts("a"), list(nothing.records("a")), nothing.record("a").raw) == ((), [], {})


def test_a_document_goes_back_with_the_numbers_it_came_with() -> None:
    told = b'{"a": 1.10, "b": 12345678901234567890, "c": [0.1, -2e-7], "d": null, "e": true, "\xc3\xa5": "\xc3\xa4"}'

    assert parse_json(exact_json(parse_json(told)).encode()) == parse_json(told)
    with pytest.raises(MicrosoftRefused, match="too many digits"):
        exact_json(parse_json(b'{"a": 0.12345678901234567891}'))


SHAPES: list[tuple[int, bytes, str, str]] = [
    (400, b'\xef\xbb\xbf{"code": 2055, "description": "Etag", "data": []}', "2055", "changed since it was read"),
    (400, b'{"code": "2055"}', "2055", "changed since it was read"),
    (400, b'{"Code": 77, "Description": "Something new."}', "77", "Something new"),
    (429, b'{"statusCode": 429, "message": "Rate limit is exceeded."}', "429", "asked too often"),
    (404, b'{"error": {"code": "ResourceNotFound", "message": "No such thing"}}', "ResourceNotFound", "No such thing"),
    (404, b'{"error": {"code": "X", "message": null, "innerError": {}}}', "X", "HTTP 404"),
    (502, b"<!DOCTYPE html><html>Bad</html>", "", "HTML page"),
    (503, b"", "", "HTTP 503"),
    (500, b"[1, 2]", "", "HTTP 500"),
    (500, b'"text"', "", "HTTP 500"),
    (400, b'{"code": {"a": 1}, "description": []}', "", "HTTP 400"),
]


@pytest.mark.parametrize(("status", "body", "code", "said"), SHAPES)
def test_five_shapes_of_a_refusal(status: int, body: bytes, code: str, said: str) -> None:
    refused = refusal(status, body)

    assert (refused.code, refused.status) == (code, status)
    assert said in refused.meaning
    assert refused.remedy


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ({"error": "invalid_grant", "error_codes": [700082]}, "AADSTS700082", "ninety days"),
        ({"error": "invalid_grant", "error_description": "AADSTS50173: x"}, "AADSTS50173", "change of password"),
        ({"error": "invalid_grant", "error_description": "odd"}, "invalid_grant", "no longer accepted"),
        ({"error": "invalid_client", "error_codes": [999]}, "AADSTS999", "refused"),
        ({"error": "interaction_required", "error_description": "AADSTS1: Do it. Trace ID: 1"}, "AADSTS1", "Do it"),
    ],
)
def test_a_refused_sign_in_is_for_a_person(answer: dict[str, Any], code: str, said: str) -> None:
    lost = refusal(400, json.dumps(answer).encode())

    assert isinstance(lost, ConsentLost)
    assert (lost.code, lost.passes) == (code, False)
    assert said in lost.meaning
    assert "Trace" not in str(lost)


def test_a_sign_in_that_is_down_is_not_for_a_person() -> None:
    passing = refusal(503, b'{"error": "temporarily_unavailable", "error_description": "AADSTS90033: busy"}')

    assert (type(passing), passing.passes) == (MicrosoftRefused, True)


TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.abc"


@pytest.mark.parametrize("secret", ["person@customer.example", TOKEN, "sig=abc%3D", "client_secret=hunter2"])
def test_words_of_microsofts_are_cut_and_cleaned(secret: str) -> None:
    told = clean(f"It failed for {secret}, sorry. " + "Word " * 200)

    assert secret not in told
    assert secret.rpartition("=")[2] not in told
    assert told.startswith("It failed for")
    assert len(told) <= TEXT_MAX + 1


@given(st.binary(max_size=200), st.integers(300, 599))
def test_any_refusal_at_all_becomes_one_exception(body: bytes, status: int) -> None:
    refused = refusal(status, body)

    assert refused.status == status
    assert len(str(refused)) < 700
    assert hollow_success(200, body).passes


def test_every_code_has_a_meaning_and_a_remedy() -> None:
    for code, known in {**CODES, **SIGN_IN}.items():
        assert known.meaning, code
        assert known.remedy, code
        assert not known.meaning.endswith("."), code
    passing = {code for code, known in CODES.items() if known.passes}
    assert passing == {"800003", "800082", "800094", "900192", "900278", "429", "TooManyRequests"}
    assert not any(known.passes for known in SIGN_IN.values())
