"""Importing exchange rates from files."""

from __future__ import annotations

from pathlib import Path

from csp_receivables.domain.accounting import FileRefused
from csp_receivables.domain.imports import FileReport
from csp_receivables.ports import RateBook, RateReader


def import_rates(path: Path, reader: RateReader, book: RateBook) -> FileReport:
    """Import a file of exchange rates; anything else is refused."""
    file = reader.identify(path)
    try:
        return book.import_file(reader.recognise(path, file), reader.rates(path))
    except FileRefused as refusal:
        return book.refuse_file(file, refusal.findings)
