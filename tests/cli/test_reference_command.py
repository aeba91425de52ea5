"""`csp reference` as its users meet it: what a text is, and what to print on an invoice."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from csp_receivables.cli import app
from csp_receivables.cli.output import Refused


def run(*arguments: str) -> list[dict[str, str]]:
    result = CliRunner().invoke(app, ["reference", *arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    answer: list[dict[str, str]] = json.loads(result.output)
    return answer


def test_a_reference_is_named_by_its_kind_and_printed_form() -> None:
    assert run("check", "rf18539007547034") == [
        {"kind": "rf", "text": "RF18539007547034", "printed": "RF18 5390 0754 7034"}
    ]


def test_digits_that_pass_for_several_kinds_are_all_named() -> None:
    assert [each["kind"] for each in run("check", "659763")] == ["ocr", "kid"]


def test_a_reference_in_a_text_is_found() -> None:
    assert run("check", "betalning av RF18 5390 0754 7034, tack")[0]["text"] == "RF18539007547034"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", "hello"), "no payment reference"),
        (("check", "659764", "--kind", "ocr"), "check digit 3"),
        (("check", "659763", "--kind", "qr"), "must have 27"),
        (("check", "123455", "--kind", "ocr", "--level", "length"), "length digit is 5"),
        (("issue", "--kind", "ocr", "F12"), "digits alone"),
        (("issue", "--kind", "rf", "A" * 22), "takes 21"),
        (("issue", "--kind", "ocr", "12", "--level", "fixed"), "--length N"),
        (("issue", "--kind", "ocr", "12", "--length", "8"), "--level fixed"),
    ],
)
def test_what_is_wrong_is_said_with_the_remedy(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(Refused, match=says):
        CliRunner().invoke(app, ["reference", *arguments], catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--kind", "ocr", "2026-0123"), "2026012308"),
        (("--kind", "ocr", "2026-0123", "--level", "check"), "202601233"),
        (("--kind", "ocr", "12", "--level", "fixed", "--length", "8"), "00000125"),
        (("--kind", "rf", "F-2026/123"), "RF33F2026123"),
    ],
)
def test_an_issued_reference_passes_its_own_check(arguments: tuple[str, ...], text: str) -> None:
    (issued,) = run("issue", *arguments)

    assert issued["text"] == text
    assert issued in run("check", issued["printed"])


def test_people_get_a_table() -> None:
    result = CliRunner().invoke(app, ["reference", "check", "+++010/8068/17183+++"])

    assert result.exit_code == 0
    assert "+++010/8068/17183+++" in result.output
