"""Proposes a bank CSV profile from a sample: encoding, separator, header, days, amounts, and which column is what.

A proposal is read back before it is shown. What the sample does not decide is said in it, for a person to check.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from csp_receivables.adapters.bank_csv_profiles import (
    PREAMBLE_ROWS_MAX,
    BankCsvProfile,
    BankProfileRefused,
    parse_bank_profile,
    trimmed,
)
from csp_receivables.adapters.bank_files.bank_csv import BankCsvReader
from csp_receivables.adapters.bank_files.bank_csv_rows import BadCell, day_of, number_of
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.findings import DAMAGED, Finding, Severity
from csp_receivables.domain.statements import Statement

SAMPLE_BYTES = 4 << 20
ROWS_LOOKED_AT = 2_000
SEPARATORS = (";", "\t", "|", ",")
# Where two formats read all days of the sample, the first is proposed and the other named.
DATE_FORMATS = (
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y%m%d", "%Y/%m/%d", "%d.%m.%y", "%d/%m/%y",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d %b %Y",
)  # fmt: skip
MARKS = (
    (",", ""), (".", ""), (",", " "), (",", "."), (".", ","), (".", "'"), (".", " "),
)  # decimal, thousands  # fmt: skip
# What banks call their columns, in the languages of the partners; the first pattern that a free column fits has it.
_NAMES = {
    "booked_on": r"bokf|book|buchung|boek|bogf|posting|transa[ck]tions?.?dat|kirjaus|^datum|^date|^dato|dag$",
    "value_on": r"valutad|valuta|value|wert|rente|arvop",
    "direction": r"^type$|credit/debit|debit/credit|d/c|c/d|^\+/-|af bij|richtung|soll/haben|sign|tecken",
    "balance": r"saldo|balance|kontostand",
    "credit": r"ins[äa]tt|credit|kredit|haben|money in|paid in|^in$|deposit|indbetal|bijschr",
    "debit": r"uttag|debit|debet|soll|money out|paid out|^ut$|^out$|withdraw|udbetal|afschr",
    "amount": r"belopp|amount|betrag|bedrag|bel[øo]b|bel[øo]p|summa|m[äa]{1,2}r[äa]",
    "currency": r"valuta|currency|w[äa]hrung|munt|ccy",
    "bank_ref": r"verifikat|transaction id|transaktions-?id|bank ref|arkivref|archive|entry ref|^id$",
    "end_to_end": r"end.?to.?end|ende.?zu.?ende",
    "reference": r"ocr|kid|viite|reference|referens|referenz|kenmerk|betalningsref",
    "payer_account": r"(avs[äa]ndar|counter|payer|gegen|tegen|afsender|sender).*(konto|account|iban|rek)|gegenkonto",
    "payer_name": r"avs[äa]ndare|payer|counterparty|auftraggeber|beguenst|naam|^name|^namn|navn|afsender|sender|saaja",
    "text": r"meddel|text|message|verwendung|omschrijving|description|narrative|details|remittance|rubrik|tekst|viesti",
    "account": r"^(account|konto|kontonummer|account (number|no\.?)|iban|rekening|tilinumero)$",
}
_CREDIT_WORDS, _DEBIT_WORDS = ("c", "cr", "crdt", "credit", "+", "bij", "h", "k"), ("d", "dr", "dbit", "debit", "-",
                                                                               "af", "s")  # fmt: skip
_ACCOUNT_LIKE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}|\d[\d -]{5,}\d")

Column = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A profile as YAML, what a person must check in it, and what the sample reads as by it."""

    text: str
    doubts: tuple[str, ...]
    reads: str


@dataclass(frozen=True, slots=True)
class _Table:
    encoding: str
    separator: str
    above: int  # rows over the header
    header: tuple[str, ...]
    columns: Mapping[str, Column]  # the filled cells of each column whose name stands in the header once
    footer: str


def propose(path: Path, *, account: str = "", currency: str = "") -> Proposal:
    """A profile for the file at `path`. Raises BankProfileRefused with what can't be told from the sample."""
    with path.open("rb") as stream:
        sample = stream.read(SAMPLE_BYTES)
    table = _table(sample, path.name)
    doubts: list[str] = []
    written = _described(table, path, account, currency, doubts)
    body = yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=120)
    profile = parse_bank_profile(f"proposal for {path.name}", body)
    reads = _read_back(sample, profile, path.name)
    comments = [f"Proposed from {path.name}: {reads}", "Compare each column with the file before you use it.",
                *(f"Check: {doubt}" for doubt in doubts)]  # fmt: skip
    text = "".join(f"# {_one_line(comment)}\n" for comment in comments) + body
    return Proposal(text=text, doubts=tuple(doubts), reads=reads)


def _one_line(comment: str) -> str:
    """The comment without what YAML takes for the end of a line or for no text: it quotes the file's header."""
    return "".join(character if character.isprintable() else DAMAGED for character in comment)


def _refused(name: str, found: str, remedy: str) -> BankProfileRefused:
    return BankProfileRefused(f"{name}: {found}. {remedy}")


def _encoding(sample: bytes) -> str:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        # A sample that was cut may end within a letter.
        sample[: len(sample) - 4 if len(sample) == SAMPLE_BYTES else None].decode("utf-8")
    except UnicodeDecodeError:
        return "iso-8859-1" if re.search(rb"[\x81\x8d\x8f\x90\x9d]", sample) else "cp1252"
    return "utf-8-sig"


def _table(sample: bytes, name: str) -> _Table:
    encoding = _encoding(sample)
    text = sample.decode(encoding, errors="replace")
    tables = [_by_separator(text, separator) for separator in SEPARATORS]
    separator, rows, width = max(zip(SEPARATORS, tables, (_width(t) for t in tables), strict=True),
                                 key=lambda table: table[2][1] * (table[2][0] - 1))  # fmt: skip
    if width[0] < 2 or width[1] < 2:
        raise _refused(name, "no table of columns", "Export the account's entries as CSV, with some entries in it")
    above = next((place for place, row in enumerate(rows) if _is_header(row, width[0])), None)
    if above is None or above > PREAMBLE_ROWS_MAX:
        raise _refused(name, "no row that names the columns", "Export with a header row")
    header = trimmed(rows[above])
    below = rows[above + 1 :]
    entries = [row for row in below if len(row) >= len(header) and _has_a_day(row)]
    if not entries:
        raise _refused(name, "no row with a day below the header", "Export a period that has entries")
    footer = _footer(below, entries, separator)
    columns = {
        column: [value for row in entries if (value := row[place].strip())]
        for place, column in enumerate(header)
        if column and header.count(column) == 1
    }
    return _Table(encoding, separator, above, header, columns, footer)


def _by_separator(text: str, separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) >= ROWS_LOOKED_AT:
                break
    except csv.Error:
        return rows
    return rows


def _width(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """The most frequent number of columns above one, and how many rows have it."""
    widths = Counter(len(row) for row in rows if len(row) > 1)
    return max(widths.items(), key=lambda item: (item[1] * (item[0] - 1), item[0]), default=(0, 0))


def _is_header(row: Sequence[str], width: int) -> bool:
    names = trimmed(row)
    if len(row) < width or len(names) < 2 or 2 * sum(map(bool, names)) <= width:
        return False
    return not any(_is_number(name) or _formats([name]) for name in names if name)


def _has_a_day(row: Sequence[str]) -> bool:
    return any(_formats([cell.strip()]) for cell in row if cell.strip())


def _footer(below: Sequence[Sequence[str]], entries: Sequence[Sequence[str]], separator: str) -> str:
    """A pattern of the last rows, which are no entries."""
    last = max(place for place, row in enumerate(below) if row in entries)
    starts = sorted({word for row in below[last + 1 :] if (word := next(filter(None, map(str.strip, row)), ""))})
    return f"^{re.escape(separator)}*({'|'.join(re.escape(word) for word in starts)})" if starts else ""


def _formats(values: Column) -> list[str]:
    return [form for form in DATE_FORMATS if values and _all(values, partial(day_of, date_format=form))]


def _marks(values: Column) -> list[tuple[str, str]]:
    return [
        (decimal, thousands)
        for decimal, thousands in MARKS
        if values and _all(values, partial(number_of, decimal_mark=decimal, thousands_mark=thousands))
    ]


def _is_number(value: str) -> bool:
    return bool(_marks([value]))


def _all(values: Column, read: Callable[[str], object]) -> bool:
    try:
        for value in values:
            read(value)
    except BadCell:
        return False
    return True


def _described(table: _Table, path: Path, account: str, currency: str, doubts: list[str]) -> dict[str, Any]:
    days = {name: formats for name, values in table.columns.items() if (formats := _formats(values))}
    roles = _roles(table, days)
    if "booked_on" not in roles:
        raise _refused(path.name, "no column of days", "Export with the day of booking")
    found_formats = days[roles["booked_on"]]
    both = [form for form in found_formats if "value_on" not in roles or form in days[roles["value_on"]]]
    if len(both) > 1:
        doubts.append(f"days are read as {both[0]}, but {', '.join(both[1:])} fits as well")
    decimal_mark, thousands_mark = _amount_marks(table, roles, path.name, doubts)
    constants, directions = _constants(table, roles, account, currency, path.name), _directions(table, roles)
    if "direction" in roles and directions is None:
        del roles["direction"]
    texts = [roles["text"]] if "text" in roles else []
    texts += [name for name in table.columns if re.search(_NAMES["text"], name.lower()) and name not in roles.values()]
    rest = [name for name in table.header if name and name not in (*roles.values(), *texts)]
    if rest:
        doubts.append(f"not used: {', '.join(rest)}")
    if "balance" not in roles:
        doubts.append("no running balance, so nothing proves that the file is whole")
    written: dict[str, Any] = {
        "profile": re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_") or "bank",
        "encoding": table.encoding,
        "separator": table.separator,
        "decimal_mark": decimal_mark,
        "thousands_mark": thousands_mark,
        "date_format": (both or found_formats)[0],
        "preamble_rows": min(table.above + 2, PREAMBLE_ROWS_MAX) if table.above else 0,
        "footer": table.footer,
        "header": list(table.header),
        "columns": roles | ({"text": texts} if len(texts) > 1 else {}),
        "constants": constants,
        "directions": directions,
        "debit_amounts": _debit_amounts(table, roles),
    }
    return {key: value for key, value in written.items() if value not in ("", {}, None)}


def _roles(table: _Table, days: Mapping[str, object]) -> dict[str, str]:
    """Canonical field: the column that has its name and holds what it should."""
    numbers = {name for name, values in table.columns.items() if name not in days and _marks(values)}
    currencies = {name for name, values in table.columns.items() if values and set(values) <= exponents().keys()}
    empty = {name for name, values in table.columns.items() if not values}
    money = {"amount", "credit", "debit", "balance"}
    fits: dict[str, set[str]] = {"booked_on": set(days), "value_on": set(days), "currency": currencies}
    fits |= dict.fromkeys(money, numbers | empty)
    texts = set(table.columns) - set(days) - currencies
    roles: dict[str, str] = {}
    for field, pattern in _NAMES.items():
        free = [name for name in table.columns if name in fits.get(field, texts) and name not in roles.values()]
        if match := next((name for name in free if re.search(pattern, name.lower())), ""):
            roles[field] = match
    left = [name for name in days if name not in roles.values()]
    if "booked_on" not in roles and (left or "value_on" in roles):
        roles["booked_on"] = left[0] if left else roles.pop("value_on")
    if "amount" in roles:
        roles = {field: name for field, name in roles.items() if field not in ("credit", "debit")}
    elif not {"credit", "debit"} <= roles.keys() and (spare := sorted(numbers - set(roles.values()))):
        roles = {field: name for field, name in roles.items() if field not in ("credit", "debit")}
        roles["amount"] = spare[0]
    return roles


def _amount_marks(table: _Table, roles: Mapping[str, str], name: str, doubts: list[str]) -> tuple[str, str]:
    given = [roles[field] for field in ("amount", "credit", "debit", "balance") if field in roles]
    if not {"amount"} <= roles.keys() and not {"credit", "debit"} <= roles.keys():
        raise _refused(name, "no column of amounts", "Export with the amount of each entry")
    values = [value for column in given for value in table.columns[column]]
    marks = _marks(values)
    if not marks:
        raise _refused(name, f"no one way of writing amounts fits {', '.join(given)}", "Write the profile by hand")
    if len({decimal for decimal, _ in marks}) > 1:
        doubts.append(f"amounts are read with the decimal mark {marks[0][0]!r}; the sample does not decide it")
    return marks[0]


def _constants(table: _Table, roles: dict[str, str], account: str, currency: str, name: str) -> dict[str, str]:
    """What the options say; a column of the file gives way to nothing but an option."""
    constants = {}
    held = table.columns.get(roles.get("account", ""), ())
    if account or not held or not all(_ACCOUNT_LIKE.fullmatch(value) for value in held):
        roles.pop("account", None)
        if not account:
            raise _refused(name, "no column names the account", "Say which it is: --account IBAN")
        constants["account"] = account
    if currency or "currency" not in roles:
        roles.pop("currency", None)
        if currency not in exponents():
            raise _refused(name, "no column names the currency", "Say which it is: --currency SEK")
        constants["currency"] = currency
    return constants


def _directions(table: _Table, roles: Mapping[str, str]) -> dict[str, list[str]] | None:
    words = sorted(set(table.columns.get(roles.get("direction", ""), ())))
    credit = [word for word in words if word.lower() in _CREDIT_WORDS]
    debit = [word for word in words if word.lower() in _DEBIT_WORDS]
    if "amount" not in roles or not credit or not debit or len(credit) + len(debit) != len(words):
        return None
    return {"credit": credit, "debit": debit}


def _debit_amounts(table: _Table, roles: Mapping[str, str]) -> str | None:
    values = table.columns.get(roles.get("debit", ""), ())
    return "negative" if values and all(value.startswith(("-", "\u2212")) for value in values) else None


def _read_back(sample: bytes, profile: BankCsvProfile, name: str) -> str:
    """What the sample reads as by the profile. Raises BankProfileRefused when it does not read."""
    reader = BankCsvReader([profile])
    try:
        parts = list(reader.read(io.BytesIO(sample), source=name, digest=""))
    except BankFileRefused as refusal:
        raise _refused(name, f"the proposal does not read it: {refusal.found}", "Write the profile by hand") from None
    statements = [part for part in parts if isinstance(part, Statement)]
    refused = sum(isinstance(part, Finding) and part.severity is Severity.REFUSED for part in parts)
    words = {True: "the balances prove them", False: "the balances do NOT prove them", None: "nothing proves them"}
    told = [f"{s.entries} entries of {s.account} in {s.currency}, in {s.credits:f}, out {s.debits:f}, "
            f"{words[s.reconciles]}" for s in statements]  # fmt: skip
    return "; ".join([*told, *([f"{refused} rows can't be read"] if refused else [])])
