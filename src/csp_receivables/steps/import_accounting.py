"""Importing customers and receivables from accounting files."""

from __future__ import annotations

from pathlib import Path

from csp_receivables.domain.accounting import AccountingFile, FileRefused, Purpose
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.imports import FileReport
from csp_receivables.ports import AccountingReader, CustomerBook, ReceivableBook, WhatElse, nothing_else


def import_customers(
    path: Path, reader: AccountingReader, book: CustomerBook, what_else: WhatElse = nothing_else
) -> FileReport:
    """Import a customers file; anything else is refused by the name of what it is."""
    file = reader.identify(path)
    try:
        file = _recognise(path, file, reader, what_else)
        _refuse_other(file, Purpose.CUSTOMERS)
        return book.import_file(file, reader.customers(path))
    except FileRefused as refusal:
        return book.refuse_file(file, refusal.findings)


def import_receivables(
    path: Path, reader: AccountingReader, book: ReceivableBook, what_else: WhatElse = nothing_else
) -> FileReport:
    """Import a receivables file; anything else is refused by the name of what it is."""
    file = reader.identify(path)
    try:
        file = _recognise(path, file, reader, what_else)
        _refuse_other(file, Purpose.RECEIVABLES)
        return book.import_file(file, reader.receivables(path))
    except FileRefused as refusal:
        return book.refuse_file(file, refusal.findings)


def import_accounting(
    path: Path,
    reader: AccountingReader,
    customers: CustomerBook,
    receivables: ReceivableBook,
    what_else: WhatElse = nothing_else,
) -> FileReport:
    """Import whichever of the two the file is, by its content: the inbox folder holds both."""
    file = reader.identify(path)
    try:
        file = _recognise(path, file, reader, what_else)
        if file.purpose is Purpose.CUSTOMERS:
            return customers.import_file(file, reader.customers(path))
        return receivables.import_file(file, reader.receivables(path))
    except FileRefused as refusal:
        return receivables.refuse_file(file, refusal.findings)


def rank_of(path: Path, reader: AccountingReader) -> int:
    """Customers are imported before receivables, which name them; what is neither comes last."""
    try:
        purpose = reader.recognise(path, AccountingFile(name=path.name, digest="", size=0)).purpose
    except FileRefused:
        return 2
    return 0 if purpose is Purpose.CUSTOMERS else 1


def _recognise(path: Path, file: AccountingFile, reader: AccountingReader, what_else: WhatElse) -> AccountingFile:
    """Raises FileRefused; a file of another import by what it is."""
    try:
        return reader.recognise(path, file)
    except FileRefused:
        if known := what_else(path):
            raise _wrong_kind(file, known.found, known.remedy) from None
        raise


def _refuse_other(file: AccountingFile, wanted: Purpose) -> None:
    if file.purpose is not wanted:
        found = file.purpose.value if file.purpose else "something else"
        told = f"this is a file of {found}, not of {wanted.value}"
        raise _wrong_kind(file, told, f"Import it with: csp import {found}")


def _wrong_kind(file: AccountingFile, found: str, remedy: str) -> FileRefused:
    return FileRefused(
        Finding(code="accounting.wrong_kind", severity=Severity.REFUSED, found=found, remedy=remedy, source=file.name)
    )
