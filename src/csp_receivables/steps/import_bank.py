"""Importing a bank file: recognise it, read it, prove its statements, store it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from csp_receivables.domain.bank_files import BankFile, BankFileRefused
from csp_receivables.domain.payment_ids import EqualsBefore
from csp_receivables.domain.statements import BankReport
from csp_receivables.ports import BankBook, BankFilePart, BankFileReader, WhatElse, nothing_else

HEAD_BYTES = 1 << 16  # enough to tell what any file is

ReaderOf = Callable[[bytes], tuple[BankFileReader, str]]  # of a file's first bytes: who reads it, what it is taken for


def import_bank_file(path: Path, reader_of: ReaderOf, book: BankBook, what_else: WhatElse = nothing_else) -> BankReport:
    """Import one file; what no reader knows is refused by the name of what it is.

    The file is streamed twice from one handle, for its digest and for its content, and never held in memory.
    """
    with path.open("rb") as stream:
        file = BankFile(name=path.name, digest=hashlib.file_digest(stream, "sha256").hexdigest(), size=stream.tell())
        try:
            reader, taken_for = _recognise(path, _head(stream), reader_of, what_else)
            return book.import_file(replace(file, taken_for=taken_for), partial(_read, reader, stream, file))
        except BankFileRefused as refusal:
            return book.refuse_file(file, refusal)


def _recognise(path: Path, head: bytes, reader_of: ReaderOf, what_else: WhatElse) -> tuple[BankFileReader, str]:
    """Raises BankFileRefused; a file of another import by what it is."""
    try:
        return reader_of(head)
    except BankFileRefused:
        if known := what_else(path):
            raise BankFileRefused(
                "bank.wrong_kind", f"{known.found}.", f"{known.remedy}.", taken_for=known.what
            ) from None
        raise


def _head(stream: BinaryIO) -> bytes:
    stream.seek(0)
    return stream.read(HEAD_BYTES)


def _read(
    reader: BankFileReader, stream: BinaryIO, file: BankFile, equals_before: EqualsBefore
) -> Iterator[BankFilePart]:
    stream.seek(0)
    return reader.read(stream, source=file.name, digest=file.digest, equals_before=equals_before)
