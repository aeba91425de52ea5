"""The file of rates: no figure without source and date, and no two answers to one question."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from csp_receivables.adapters.late_interest import LateInterestRefused, read_late_interest

SHIPPED = Path(__file__).parents[2] / "include" / "policies" / "late_interest.yaml"
WHERE = 'source: "https://example.com/rate", checked_on: 2026-11-28'
RATE = f"{{begins: 2026-01-01, per_cent: 2.0, {WHERE}}}"
RULE = (
    f"{{countries: [SE], kinds: [company], valid_from: 2013-03-16, reference: r, margin: 8, fixing: half_year,"
    f" day_count: 365, {WHERE}}}"
)
SUM = f"{{name: s, countries: [SE], kinds: [company], valid_from: 2013-03-16, currency: SEK, amount: 450, {WHERE}}}"
GOOD = f"references:\n  r:\n    - {RATE}\nrules:\n  - {RULE}\nfixed_sums:\n  - {SUM}\nwithout: {{US: no law}}\n"


def read(folder: Path, text: str) -> Path:
    path = folder / "late_interest.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_rates_have_no_fault_and_cover_the_countries_asked_for() -> None:
    rules = read_late_interest(SHIPPED)

    assert {"SE", "DE", "FI", "NO", "DK", "GB", "IE", "AT", "US"} <= rules.countries
    rows = [rate for series in rules.references.values() for rate in series.values()]
    assert all(rate.source.url.startswith("http") and rate.source.checked_on for rate in rows)


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    rules = read_late_interest(read(tmp_path, GOOD))

    assert Decimal("2.0") == rules.references["r"][date(2026, 1, 1)].per_cent
    assert ((0, 45_000),) == rules.fixed_sums[0].tiers
    assert {"US": "no law"} == dict(rules.without)


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert read_late_interest(tmp_path / "none.yaml").countries == frozenset()


@pytest.mark.parametrize(
    ("found", "instead", "place"),
    [
        (f"per_cent: 2.0, {WHERE}", "per_cent: 2.0, checked_on: 2026-11-28", "references.r.0.source"),
        (f"per_cent: 2.0, {WHERE}", 'per_cent: 2.0, source: "https://example.com"', "references.r.0.checked_on"),
        (f"per_cent: 2.0, {WHERE}", "per_cent: 2.0, source: memory, checked_on: 2026-11-28", "references.r.0.source"),
        (f"amount: 450, {WHERE}", "amount: 450, checked_on: 2026-11-28", "fixed_sums.0.source"),
        (f"day_count: 365, {WHERE}", 'day_count: 365, source: "https://example.com"', "rules.0.checked_on"),
        ("2026-01-01", "2026-01-02", "references.r.0.begins"),
        ("per_cent: 2.0", "per_cent: 2.00001", "references.r.0.per_cent"),
        ("per_cent: 2.0", "per_cent: 51", "references.r.0.per_cent"),
        (f"- {RATE}", f"- {RATE}\n    - {RATE}", "references.r.1.begins"),
        ("reference: r", "reference: riks", "rules.0.reference"),
        ("reference: r,", "reference: r, countries_: [SE],", "rules.0.countries_"),
        ("kinds: [company], valid_from: 2013-03-16, reference", "kinds: [firm], valid_from: 2013-03-16, reference",
         "rules.0.kinds.0"),
        ("countries: [SE], kinds: [company], valid_from: 2013-03-16, reference",
         "countries: [UK], kinds: [company], valid_from: 2013-03-16, reference", "rules.0.countries.0"),
        ("day_count: 365", "day_count: 360", "rules.0.day_count"),
        ("fixing: half_year", "fixing: quarter", "rules.0.fixing"),
        (f"- {RULE}", f"- {RULE}\n  - {RULE}", "rules.1"),
        ("currency: SEK", "currency: SKE", "fixed_sums.0.currency"),
        ("amount: 450", "amount: 450.005", "fixed_sums.0.amount"),
        ("amount: 450, ", "", "fixed_sums.0"),
        ("amount: 450", "amount: 450, tiers: [{from: 0, amount: 1}]", "fixed_sums.0"),
        ("amount: 450", "tiers: [{from: 5, amount: 1}, {from: 5, amount: 2}]", "fixed_sums.0.tiers.1.from"),
        ("amount: 450", "amount: 450, valid_until: 2013-03-15", "fixed_sums.0.valid_until"),
        ("{US: no law}", "{USA: no law}", "without.USA"),
        ("rules:", "rulez:", "rulez"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_where_it_stands(tmp_path: Path, found: str, instead: str, place: str) -> None:
    assert found in GOOD
    with pytest.raises(LateInterestRefused) as refused:
        read_late_interest(read(tmp_path, GOOD.replace(found, instead, 1)))

    (fault,) = refused.value.faults
    assert place == fault.place
    assert fault.remedy
