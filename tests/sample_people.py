"""The people of the sample month, as its files name them: what no log and no XCom may hold."""

from __future__ import annotations

import csv
import re
from pathlib import Path

SAMPLE = Path(__file__).parents[1] / "include" / "sample" / "inbox"


def personal_data() -> set[str]:
    """Names of customers, e-mail addresses, payers' names and account numbers."""
    found: set[str] = set()
    for path in SAMPLE.glob("accounting/customers*.csv"):
        for row in csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()):
            found |= {row["name"], *re.findall(r"[\w.+-]+@[\w.-]+", row["contacts"])}
    for path in SAMPLE.glob("bank/*"):
        text = path.read_text(encoding="utf-8-sig")
        found |= set(re.findall(r"<IBAN>\s*([^<\s]+)", text)) | set(re.findall(r"<Nm>\s*([^<]+?)\s*</Nm>", text))
    return {each for each in found if len(each) > 5}
