"""Whatever somebody writes into a policy file, the answer is a policy or its faults, never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.adapters.checked_yaml import FileFaults
from csp_receivables.adapters.collections_policy import parse_collections_policy
from csp_receivables.adapters.late_interest import read_late_interest
from csp_receivables.adapters.seller import read_seller

POLICIES = Path(__file__).parents[2] / "include" / "policies"
SHIPPED = {name: (POLICIES / f"{name}.yaml").read_text(encoding="utf-8") for name in ("collections", "seller")}
RATES = "\n".join((POLICIES / "late_interest.yaml").read_text(encoding="utf-8").splitlines()[:24]) + (
    "\nrules:\n  - {countries: [SE], kinds: [company], valid_from: 2013-03-16, reference: riksbank, margin: 8,"
    "\n     fixing: half_year, day_count: 365, source: 'https://lagen.nu', checked_on: 2026-11-28}"
    "\nfixed_sums:\n  - {name: s, countries: [SE], kinds: [company], valid_from: 2013-03-16, currency: SEK,"
    "\n     amount: 450, source: 'https://lagen.nu', checked_on: 2026-11-28}\n"
)
PIECES = st.sampled_from(
    ["", "-1", "0", "1e9", "null", "[]", "{}", "[[]]", "{a: {}}", "~", "'", '"', ": ", "\n", "\t", "- ", "&a ", "*a",
     "!!python/object:os.system ", "? ", "1.001", "NO", "SEK", "?: x", "{[a]: b}", "\u0000", "9" * 400, "true",
     "<<: *a"]
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """The text with a few pieces replaced."""
    for _ in range(draw(st.integers(1, 3))):
        words = text.split(" ")
        at = draw(st.integers(0, len(words) - 1))
        words[at] = draw(PIECES)
        text = " ".join(words)
    return text


def _faults_of(error: FileFaults) -> None:
    assert error.faults
    assert all(fault.line >= 1 and fault.found for fault in error.faults)


@given(mutated(SHIPPED["collections"].split("name: standard")[1].join(["name: standard", ""])))
def test_a_mutated_policy_is_a_policy_or_its_faults(text: str) -> None:
    try:
        policy = parse_collections_policy("p.yaml", text)
    except FileFaults as refused:
        _faults_of(refused)
    else:
        assert policy.stages and policy.version


@given(mutated(SHIPPED["seller"]))
def test_a_mutated_seller_is_a_seller_or_its_faults(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "seller.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        assert read_seller(path, ("en",)).name
    except FileFaults as refused:
        _faults_of(refused)


@given(mutated(RATES))
def test_mutated_rates_are_rates_or_their_faults(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "late_interest.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        read_late_interest(path)
    except FileFaults as refused:
        _faults_of(refused)
