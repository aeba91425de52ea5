"""Microsoft's own tables of scenarios, read as files: the net seats and the totals that they state.

The tables are excerpts (`test_every_published_file_is_read_or_refused_by_name`): the columns that they lack are filled
in, their dates written as files write them, and every number stays what the documentation says.
"""

from __future__ import annotations

import csv
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.microsoft_files.recon_reader import ReconReader
from csp_receivables.domain.charges.seats import net_seats
from tests.adapters.microsoft_files.other_forms import licensed, write_licenses
from tests.adapters.microsoft_files.recon_files import row, write

FIELDS = {  # heading in a table, without blanks and case → column of the reconciliation file
    **dict.fromkeys(("chargestartdate", "chargestart"), "ChargeStartDate"),
    **dict.fromkeys(("chargeenddate", "chargeend"), "ChargeEndDate"),
    **dict.fromkeys(("amount", "amt", "art", "total", "subtotal", "totalamount"), "Subtotal"),
    **dict.fromkeys(("billablequantity", "quantity", "qty", "unitquantity"), "BillableQuantity"),
    **dict.fromkeys(("product", "productname", "sku"), "ProductName"),
    "chargetype": "ChargeType",
    "unitprice": "UnitPrice",
    "effectiveunitprice": "EffectiveUnitPrice",
}
DAYS = ("%B %d, %Y", "%m/%d/%Y")
STANDARD, E1 = "Microsoft 365 Business Standard", "Office 365 E1"
# tables that tell one story → seats left, by product and end of the charge cycle; and the sum of all charges
STORIES: dict[tuple[str, ...], tuple[dict[str, int], str]] = {
    ("legacy-annual_01",): ({" 2019-01-12": 1}, "48.00"),
    ("legacy-annual_02", "legacy-annual_03"): ({" 2017-02-11": 1, " 2017-03-10": 2, " 2018-02-10": 2}, "421.83"),
    ("legacy-annual_04", "legacy-annual_05"): ({" 2018-01-31": 1, " 2019-01-12": 2}, "92.43"),
    ("legacy-annual_06", "legacy-annual_07"): ({" 2019-01-12": 0}, "0.00"),
    ("legacy-annual_08", "legacy-annual_09"): ({" 2019-01-12": 0}, "6.66"),
    ("legacy-annual_10", "legacy-annual_11", "legacy-annual_12"): ({" 2019-01-12": 1}, "41.34"),
    ("legacy-annual_16",): ({" 2020-11-01": 150, " 2021-09-30": 0}, "6274.70"),
    ("legacy-monthly_01", "legacy-monthly_02"): ({" 2018-02-12": 1, " 2018-03-12": 1}, "8.00"),
    ("legacy-monthly_03", "legacy-monthly_04"): ({" 2018-01-31": 1, " 2018-02-12": 2, " 2018-03-12": 2}, "13.55"),
    ("legacy-monthly_05", "legacy-monthly_06"): ({" 2018-02-12": 0}, "0.00"),
    ("legacy-monthly_07", "legacy-monthly_08", "legacy-monthly_09"): ({" 2018-02-12": 1, " 2018-03-12": 0}, "6.28"),
    ("legacy-monthly_10",): ({" 2021-05-31": 1, " 2021-06-25": 0, " 2022-05-31": 2650}, "7158220.80"),
    ("nce_01", "nce_02"): ({" 2021-07-17": 10, " 2021-08-17": 10}, "201.6"),
    ("nce_03",): ({" 2021-08-17": 10}, "100.8"),
    ("nce_04",): ({" 2022-06-17": 10}, "1209.6"),
    ("nce_11", "nce_12"): ({" 2021-07-17": 8}, "81.98"),
    ("nce_13",): ({f"{STANDARD} 2022-04-04": 30}, "275.23"),
    ("nce_14",): ({" 2021-08-14": 0}, "6.6"),
    ("nce_15",): ({f"{STANDARD} 2021-07-17": 0, f"{E1} 2021-07-17": 300}, "2184"),
    ("nce_16",): ({f"{STANDARD} 2021-07-17": 200, f"{E1} 2021-07-17": 100}, "2744"),
    ("nce_17",): ({" 2021-07-24": 25}, "1315.25"),
    ("nce_18",): ({" 2022-09-19": 10, " 2022-10-19": 10}, "2700"),
    ("nce_19",): ({" 2021-10-19": 10, " 2022-09-19": 10}, "2491.6"),
    ("saas_01",): ({" 2019-07-09": 0, " 2019-08-09": 1}, "2"),
    ("saas_02",): ({" 2019-07-09": 0}, "0"),
    ("saas_03",): ({"Bronze 2019-06-10": 1, "Silver 2019-06-10": 0}, "10"),
    ("saas_04",): ({"Bronze 2019-06-10": 0}, "0"),
}
WITHOUT_AMOUNTS = {  # these speak of days and words only: there is nothing to add up
    *("legacy-annual_13", "legacy-annual_14", "legacy-annual_15"),
    *(f"nce_{number:02}" for number in (5, 6, 7, 8, 9, 10, 20, 21, 22, 23, 24, 25)),
}


@pytest.fixture(scope="module")
def tables(shared_data: Path) -> dict[str, Path]:
    found = (shared_data / "microsoft" / "csv" / "scenarios").glob("*.csv")
    return {"_".join(path.stem.split("_")[:2]): path for path in found}


def test_every_table_is_told_or_has_nothing_to_add_up(tables: dict[str, Path]) -> None:
    told = {name for story in STORIES for name in story}

    assert len(tables) == 55
    assert told | WITHOUT_AMOUNTS == set(tables) and not told & WITHOUT_AMOUNTS
    for name in WITHOUT_AMOUNTS:
        heading = tables[name].read_text(encoding="utf-8-sig").splitlines()[0]
        columns = {FIELDS.get(simple(cell)) for cell in next(csv.reader([heading]))}
        assert columns.isdisjoint({"Subtotal", "BillableQuantity"}), name


@pytest.mark.parametrize("story", STORIES, ids=" ".join)
def test_the_tables_give_the_seats_and_totals_they_state(
    story: tuple[str, ...], tables: dict[str, Path], tmp_path: Path
) -> None:
    lines = [cells(line) for name in story for line in csv.DictReader(tables[name].open(encoding="utf-8-sig"))]
    is_legacy = story[0].startswith("legacy")
    path = (
        write_licenses(tmp_path, [licensed(**of_legacy(line)) for line in lines])
        if is_legacy
        else write(tmp_path, [row(SubscriptionId="s", Total=line["Subtotal"], **line) for line in lines])
    )
    reader, staged = ReconReader(spill=tmp_path / "spill"), tmp_path / "staged.parquet"

    reading = reader.read(reader.open(path), staged)
    with engine(tmp_path / "spill") as connection:
        connection.execute(f"CREATE VIEW charges AS SELECT * FROM '{staged}'")
        seats = net_seats(connection, "charges")

    expected, total = STORIES[story]
    assert not [one for one in reading.findings if "unreadable" in one.code]
    assert {f"{one.product} {one.charge_until}": int(one.seats) for one in seats} == expected
    assert sum(tenant.pre_tax for tenant in reading.invoices[0].tenants) == Decimal(total)


def cells(line: dict[str, str]) -> dict[str, str]:
    """A line of a table under the names of a file's columns, as a file writes its numbers and days."""
    named = {FIELDS[simple(name)]: cell for name, cell in line.items() if simple(name) in FIELDS}
    for field in ("ChargeStartDate", "ChargeEndDate"):
        named[field] = day(named[field])
    for field in {"Subtotal", "BillableQuantity", "UnitPrice", "EffectiveUnitPrice"} & set(named):
        named[field] = named[field].replace(",", "").replace("$", "")
    return {"ProductName": ""} | named | {"ProductName": " ".join(named.get("ProductName", "").split())}


def of_legacy(line: dict[str, str]) -> dict[str, str]:
    return line | {"OfferName": "", "Quantity": line["BillableQuantity"], "TotalForCustomer": line["Subtotal"]}


def day(text: str) -> str:
    for written in DAYS:
        try:
            return f"{datetime.strptime(text, written):%m/%d/%Y}"
        except ValueError:
            continue
    raise AssertionError(f"{text} is no day")


def simple(heading: str) -> str:
    return re.sub(r"\s", "", heading).casefold()
