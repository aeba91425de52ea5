"""Text from banks, Microsoft and customers, made fit for a spreadsheet or a page without hiding what it was."""

from __future__ import annotations

import re

CELL_LENGTH_MAX = 32_767  # UTF-16 units: what an Excel cell holds; a longer one makes Excel "repair" the file
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula when it opens a CSV
CUT_MARK = " … [cut: the whole text is in the Parquet table]"
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_TURNS = {  # they turn what follows them around: "gpj.exe" reads as "exe.jpg", and an account number as another one
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
}  # fmt: skip
_TURN = re.compile(f"[{''.join(_TURNS)}]")
_LINE_END = re.compile("\r\n?")


def visible_text(text: str) -> str:
    """`text` with every character that XML or HTML can't carry shown as its picture ("\\x07" as "␇"), and unturned."""
    return unturned(_UNWRITABLE.sub(_picture, _LINE_END.sub("\n", text)))


def unturned(text: str) -> str:
    """`text` with the controls that turn the reading direction shown by their names: "⟨RLO⟩". Letters keep theirs."""
    return _TURN.sub(lambda match: f"⟨{_TURNS[match[0]]}⟩", text)


def no_formula(text: str) -> str:
    """`text` for a cell of a CSV: an apostrophe before what a spreadsheet would take for a formula, and unturned."""
    return unturned(f"'{text}" if text.startswith(FORMULA_STARTS) else text)


def cell_text(text: str) -> str:
    """`visible_text`, cut with a mark where a cell could not hold it."""
    if text.startswith("<r>"):
        text = f" {text}"  # xlsxwriter passes "<r>…</r>" into the sheet's XML as it is, taking it for rich text
    is_short = len(text) * 2 <= CELL_LENGTH_MAX  # whatever it is made of: no need to count UTF-16 units
    if is_short and text.isprintable():
        return text  # nearly every text there is
    shown = visible_text(text)
    if is_short:
        return shown
    units = shown.encode("utf-16-le")
    if len(units) // 2 <= CELL_LENGTH_MAX:
        return shown
    return units[: 2 * (CELL_LENGTH_MAX - len(CUT_MARK))].decode("utf-16-le", errors="ignore") + CUT_MARK


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"
