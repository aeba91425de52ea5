"""The policy of matching: what stands in the file, what holds where it says nothing. Refusals: tests/cli/match."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from csp_receivables.adapters.matching_policy import read_matching_policy
from csp_receivables.domain.matching.ladder import RULES, MatchingPolicy, Mode, Tolerance

SHIPPED = Path(__file__).parents[2] / "include" / "policies" / "matching.yaml"
USUAL = {rule.name: Mode.SUGGEST if rule.only_suggests else Mode.AUTO for rule in RULES}


def modes(policy: MatchingPolicy) -> dict[str, Mode]:
    return {rule.name: policy.mode(rule.name) for rule in RULES}


def test_the_policy_that_is_shipped_says_of_every_rule_in_their_order_what_it_does() -> None:
    lines = re.findall(r"^  (\w+): +(\w+) +# \S.*$", SHIPPED.read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert [name for name, _ in lines] == [rule.name for rule in RULES]
    assert {name: Mode(mode) for name, mode in lines} == USUAL
    assert modes(read_matching_policy(SHIPPED)) == USUAL


@pytest.mark.parametrize("text", [None, "", "rules:\n", "# nothing is said\n", "tolerances:\nrules:\n"])
def test_where_nothing_is_said_every_rule_that_may_book_does_and_there_is_no_tolerance(
    tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "matching.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    policy = read_matching_policy(path)

    assert modes(policy) == USUAL
    assert (dict(policy.tolerances), policy.exchange_per_mille) == ({}, 0)


def test_what_is_said_holds(tmp_path: Path) -> None:
    path = tmp_path / "matching.yaml"
    path.write_text(
        "rules: {name_likeness: off, known_payer: suggest, natural_set: off}\n"
        "tolerances:\n  NOK: {fixed: 0.50}\n  JPY: {fixed: 3, per_mille: 2}\nexchange_per_mille: 15\n",
        encoding="utf-8",
    )
    policy = read_matching_policy(path)

    assert modes(policy) == USUAL | {
        "name_likeness": Mode.OFF,
        "known_payer": Mode.SUGGEST,
        "natural_set": Mode.OFF,
    }
    assert dict(policy.tolerances) == {"NOK": Tolerance(fixed=50), "JPY": Tolerance(fixed=3, per_mille=2)}
    assert policy.exchange_per_mille == 15
