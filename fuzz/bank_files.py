"""Bank files: recognised by their first bytes, then read as the import reads them."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pyarrow as pa

from csp_receivables.adapters.bank_csv_profiles import BankCsvProfile, load_bank_profiles
from csp_receivables.adapters.bank_files import reader_of, readers
from csp_receivables.adapters.bank_files.bai2 import Bai2Reader
from csp_receivables.adapters.bank_files.bank_csv import BankCsvReader
from csp_receivables.adapters.bank_files.bgmax import BgmaxReader
from csp_receivables.adapters.bank_files.camt import CamtReader
from csp_receivables.adapters.bank_files.mt940 import Mt940Reader
from csp_receivables.adapters.bank_files.nets_ocr import NetsOcrReader
from csp_receivables.adapters.bank_files.stripe import StripeReader
from csp_receivables.domain.account_names import AccountNames
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.records import BANK_LINE
from csp_receivables.domain.statements import Statement
from csp_receivables.ports import BankFilePart, BankFileReader
from fuzz import claims

HEAD_BYTES = 1 << 16
SOURCE, DIGEST = "fuzzed", "0" * 64
PROFILES = Path(__file__).parents[1] / "include" / "banks"
Outcome = tuple[list[Statement], pa.Table, list[Finding], str]  # the last: why the file was refused, or ""


def survives(reader: BankFileReader, data: bytes) -> Outcome | None:
    """Read `data` twice where the reader knows it, and check what came. None: it is not the reader's."""
    try:
        if not reader.recognise(data[:HEAD_BYTES]):
            return None
    except BankFileRefused as refusal:
        _says_why(refusal)
        return None
    first = _read(reader, data)
    statements, lines, findings, refused = first
    if not refused:  # a refused file counts for nothing, so nothing need add up
        claims.statements_add_up(statements, lines, findings, DIGEST)
    claims.findings_say_where(findings, SOURCE, "bank.")
    claims.same_again(first, _read(reader, data))
    return first


def _read(reader: BankFileReader, data: bytes) -> Outcome:
    parts: list[BankFilePart] = []
    refused = ""
    try:
        stream = io.BytesIO(data)
        for part in reader.read(stream, source=SOURCE, digest=DIGEST, equals_before=lambda _: {}):
            parts.append(part)
    except BankFileRefused as refusal:
        _says_why(refusal)
        refused = str(refusal)
    batches = [part for part in parts if isinstance(part, pa.RecordBatch)]
    return (
        [part for part in parts if isinstance(part, Statement)],
        pa.Table.from_batches(batches, schema=BANK_LINE),
        [part for part in parts if isinstance(part, Finding)],
        refused,
    )


def _says_why(refusal: BankFileRefused) -> None:
    claims.findings_say_where([refusal.finding(SOURCE)], SOURCE, "bank.")


@cache
def _profiles() -> Sequence[BankCsvProfile]:
    """The shipped ones, and three that read what those don't: no quotes, UTF-16, two columns with a direction."""
    plain = {
        "header": ["Day", "Value", "Amount", "Text", "Payer", "Id", "Balance"],
        "columns": {
            "booked_on": "Day", "value_on": "Value", "amount": "Amount", "text": "Text", "payer_name": "Payer",
            "bank_ref": "Id", "balance": "Balance",
        },
        "constants": {"account": "SE4550000000058398257466", "currency": "SEK"},
    }  # fmt: skip
    directed = {
        "header": ["Date", "Account", "Currency", "Sum", "D/C", "Message", "OCR"],
        "columns": {
            "booked_on": "Date", "account": "Account", "currency": "Currency", "amount": "Sum", "direction": "D/C",
            "text": "Message", "reference": "OCR",
        },
        "directions": {"credit": ["C", "CR"], "debit": ["D"]},
        "thousands_mark": " ", "date_format": "%d.%m.%Y", "preamble_rows": 3, "footer": "^Total",
    }  # fmt: skip
    wanted = (
        {**plain, "profile": "plain"},
        {**plain, "profile": "plain_utf16", "encoding": "utf-16"},
        {**plain, "profile": "plain_unquoted", "quoted": False, "separator": "|"},
        {**directed, "profile": "directed", "separator": ","},
    )
    return (*load_bank_profiles(PROFILES), *map(BankCsvProfile.model_validate, wanted))


READERS: dict[str, BankFileReader] = {
    "camt": CamtReader(),
    "mt940": Mt940Reader(AccountNames()),
    "bai2": Bai2Reader(AccountNames()),
    "bgmax": BgmaxReader(AccountNames()),
    "nets_ocr": NetsOcrReader(AccountNames()),
    "stripe": StripeReader(AccountNames()),
    "bank_csv": BankCsvReader(_profiles(), AccountNames()),
}


def _harness(name: str) -> Callable[[bytes], None]:
    def harness(data: bytes) -> None:
        survives(READERS[name], data)

    return harness


camt, mt940, bai2 = _harness("camt"), _harness("mt940"), _harness("bai2")
bgmax, nets_ocr = _harness("bgmax"), _harness("nets_ocr")
stripe, bank_csv = _harness("stripe"), _harness("bank_csv")
_ALL = readers(AccountNames(), _profiles())


def recognise(data: bytes) -> None:
    """Every reader looks at the beginning of every file, its own or not."""
    with contextlib.suppress(BankFileRefused):
        reader_of(data[:HEAD_BYTES], _ALL)
    for reader in _ALL:
        try:
            reader.recognise(data[:HEAD_BYTES])
        except BankFileRefused as refusal:
            _says_why(refusal)
