"""Why a bank file is refused: always what it is instead, where the trouble lies, and what to do."""

from __future__ import annotations

import codecs
import re

from csp_receivables.domain.bank_files import BankFileRefused

_XML_START = re.compile(rb"^\s*(<\?xml|<!--|<!DOCTYPE|<[A-Za-z_])")

# What people drop into the inbox by mistake: the first pattern that fits gives the name and the remedy.
_OTHER_KINDS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"^%PDF"), "a PDF document", "Ask the bank for the statement as ISO 20022 camt.053."),
    (re.compile(rb"^PK\x03\x04"), "a ZIP archive or a workbook", "Unpack it and import the camt files in it."),
    (re.compile(rb"^\x1f\x8b"), "a gzip archive", "Unpack it and import the camt files in it."),
    (re.compile(rb"^\s*(<!doctype html|<html)", re.IGNORECASE), "a web page", "Download the statement file itself."),
    (re.compile(rb"^\s*[\[{]"), "JSON", "Import a bank statement in ISO 20022 camt.053, .054 or .052."),
)


def unknown_kind(head: bytes) -> BankFileRefused:
    """The refusal of a file that no reader knows, by name of what its first bytes say it is."""
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        return BankFileRefused("bank.empty_file", "The file is empty.", "Fetch it again from the bank.")
    for pattern, name, remedy in _OTHER_KINDS:
        if pattern.match(head):
            return _not_a_statement(f"This is {name}, not a bank statement that is read here.", remedy, name)
    if looks_like_xml(head):
        return _not_a_statement(
            "This is XML, but no ISO 20022 bank statement.", "Import a camt.053, .054 or .052 file.", "XML"
        )
    return _not_a_statement(
        "The content is no bank statement in any known format.",
        "Import a camt.053, .054 or .052 file; a bank's CSV needs a profile (csp bank profile FILE).",
        "unknown",
    )


def looks_like_xml(head: bytes) -> bool:
    """Does the file start as XML does, in UTF-8 or UTF-16?"""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return b"<" in head
    return bool(_XML_START.match(head.removeprefix(b"\xef\xbb\xbf")))


def _not_a_statement(found: str, remedy: str, taken_for: str) -> BankFileRefused:
    return BankFileRefused("bank.not_a_statement", found, remedy, taken_for=taken_for)
