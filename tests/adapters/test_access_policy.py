"""The rules of access as a file: what is wrong is told with line and remedy, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from csp_receivables.adapters.access_policy import AccessPolicyRefused, read_access_policy
from csp_receivables.domain.access.policy import AccessPolicy, Protected

SHIPPED = Path(__file__).parents[2] / "include" / "policies" / "access.yaml"


def written(folder: Path, text: str) -> Path:
    path = folder / "access.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_rules_are_the_defaults_and_protect_who_is_tagged() -> None:
    rules = read_access_policy(SHIPPED)

    protected = Protected(tags=frozenset({"protected"}))
    assert rules == AccessPolicy(version=rules.version, protected=protected)


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    protected = "protected: {subscriptions: [ABC-1], offers: [Backup], tags: [vip]}"
    text = f"only_unpaid: false\n{protected}\nazure: [PLAN-1]\ntries_max: 2\n"
    rules = read_access_policy(written(tmp_path, text))

    assert (rules.only_unpaid, rules.azure, rules.tries_max) == (False, {"plan-1"}, 2)
    assert rules.protected == Protected(subscriptions=frozenset({"abc-1"}), offers=("Backup",), tags=frozenset({"vip"}))
    assert rules.version != read_access_policy(SHIPPED).version


def test_words_that_say_the_same_are_the_same_version(tmp_path: Path) -> None:
    one = read_access_policy(written(tmp_path, "tries_max: 5\n"))

    assert one.version == read_access_policy(written(tmp_path, "# as before\ntries_max: 5\nazure: []\n")).version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tires_max: 3\n", "access.yaml:1: tires_max: unknown key 'tires_max'. Did you mean tries_max?"),
        ("azure: []\nrenewal_hours: 23\n", "access.yaml:2: renewal_hours"),
        ("settle_minutes: 1\n", "access.yaml:1: settle_minutes"),
        ("restore_tries_max: 4\n", "access.yaml:1: restore_tries_max"),
        (
            "protected:\n  offers: [Backup, 36]\n",
            "access.yaml:2: protected.offers.1: '36' is part of nearly every offer",
        ),
        ("protected: {subscriptions: [a b]}\n", "access.yaml:1: protected.subscriptions.0"),
        ("value_per_mille_max: 0\n", "access.yaml:1: value_per_mille_max"),
        ("- a list\n", "access.yaml:1: no keys"),
        ("a: [\n", "this is no YAML"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(AccessPolicyRefused) as refused:
        read_access_policy(written(tmp_path, text))

    assert said in str(refused.value)
