"""The policy of bank lines as finance writes it: what is shipped fits what it should, and what is wrong is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from csp_receivables.adapters.bank_line_policy import BankLinePolicyRefused, read_bank_line_policy
from csp_receivables.domain.account_names import AccountNames
from csp_receivables.domain.bank_line_policy import BankLineRule, Direction, LineKind, words_pattern

SHIPPED = Path(__file__).parents[2] / "include" / "policies" / "bank_lines.yaml"
OWN = AccountNames()


def written(folder: Path, text: str) -> Path:
    path = folder / "bank_lines.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def rule(when: str, kind: str = "tax", name: str = "r") -> str:
    return f"rules:\n  - name: {name}\n    when: {when}\n    is: {kind}\n"


def test_a_rule_is_read_as_it_is_written(tmp_path: Path) -> None:
    when = "{amount: in, account: [SE12 3], name_contains: [Tax Office], text_contains: [refund]}"

    (read,) = read_bank_line_policy(written(tmp_path, rule(when)), OWN).rules

    assert read == BankLineRule(
        name="r", kind=LineKind.TAX, direction=Direction.IN, accounts=("SE12 3",), names=("Tax Office",),
        texts=("refund",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (rule("{amount: out, name_has: [Tax]}"), "bank_lines.yaml:3: rules.0.when.name_has"),
        (rule("{amount: out, name_contains: [Tax]}", "fee"), "bank_lines.yaml:4: rules.0.is"),
        (rule("{name_contains: [Tax]}"), "bank_lines.yaml:3: rules.0.when.amount: Field required"),
        (rule("{amount: any}"), "the amount alone would take every line"),
        (rule("{amount: any, name_contains: [AB]}"), "'AB' is shorter than 3 letters"),
        (rule("{amount: any, account: ['-']}"), "'-' is no account"),
        (rule("{amount: in, name_contains: [Microsoft]}", "vendor_payment"), "write `amount: out`"),
        (rule("{amount: in, name_contains: [Tax]}", name="My rule"), "bank_lines.yaml:2: rules.0.name"),
        (rule("{amount: in, name_contains: [Tax]}") + rule("x").removeprefix("rules:\n"), "bank_lines.yaml"),
        ("rules: []\nrules: []\n", "bank_lines.yaml:2: rules stands on line 1 already"),
        ("rule: []\n", "bank_lines.yaml:1: rule"),
        ("- a\n", "no keys"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BankLinePolicyRefused, match=re.escape(says)):
        read_bank_line_policy(written(tmp_path, text), OWN)


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    one = rule("{amount: in, name_contains: [Tax]}")

    with pytest.raises(BankLinePolicyRefused, match="two rules are named r"):
        read_bank_line_policy(written(tmp_path, one + one.removeprefix("rules:\n")), OWN)


def test_without_rules_nothing_is_taken_out(tmp_path: Path) -> None:
    assert read_bank_line_policy(tmp_path / "none.yaml", OWN).rules == ()
    assert read_bank_line_policy(written(tmp_path, "rules:\n"), OWN).rules == ()


def test_no_shipped_rule_takes_a_customers_credit_by_its_words_alone() -> None:
    """Money in is only ever a candidate for a payout, which the provider's report must have."""
    rules = read_bank_line_policy(SHIPPED, OWN).rules

    assert {each.kind for each in rules} == {
        LineKind.PROVIDER_PAYOUT, LineKind.BANK_FEE, LineKind.VENDOR_PAYMENT, LineKind.TAX,
    }  # fmt: skip
    assert {each.kind for each in rules if each.direction is not Direction.OUT} == {LineKind.PROVIDER_PAYOUT}


@pytest.mark.parametrize(
    ("phrase", "text", "fits"),
    [
        ("fee", "FEE", True),
        ("fee", "monthly fee, October", True),
        ("fee", "Fourth Coffee", False),
        ("fee", "feedback", False),
        ("bank", "Swedbank", False),
        ("bank", "Woodgrove Bank", True),
        ("service  fee", "Service   Fee 10", True),
        ("A.B", "AxB", False),
        ("överföring", "EGEN ÖVERFÖRING", True),
    ],
)
def test_phrases_are_whole_words(phrase: str, text: str, fits: bool) -> None:
    python = words_pattern((phrase,)).replace(r"[^\p{L}\p{N}]", r"[\W_]")

    assert fits is (re.search(python, text) is not None)
