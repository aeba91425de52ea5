"""The door to accounting files: what a file is, and its content in batches."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from csp_receivables.adapters.accounting_files.customers import read_customers
from csp_receivables.adapters.accounting_files.forms import Form, recognise
from csp_receivables.adapters.accounting_files.profiles import load_forms
from csp_receivables.adapters.accounting_files.receivables import read_receivables
from csp_receivables.domain.accounting import AccountingFile, CustomerBatch, Purpose, ReceivableBatch


@dataclass(frozen=True, slots=True)
class AccountingFiles:
    """Reads accounting files in the canonical form and in those of the profiles."""

    forms: tuple[Form, ...]
    seller: str

    @classmethod
    def with_profiles(cls, folder: Path, seller: str) -> AccountingFiles:
        """Raises BadProfile where a profile in `folder` is wrong: better no import than a misread one."""
        return cls(load_forms(folder), seller)

    def identify(self, path: Path) -> AccountingFile:
        """The file by its bytes alone."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return AccountingFile(name=path.name, digest=digest, size=file.tell())

    def recognise(self, path: Path, file: AccountingFile) -> AccountingFile:
        """`file` with what its header says it is. Raises FileRefused."""
        form, _ = recognise(path, self.forms)
        return replace(file, purpose=form.purpose, form=form.name)

    def customers(self, path: Path) -> Iterator[CustomerBatch]:
        """The customers of a file that `recognise` took for customers."""
        form, header = recognise(path, self.forms)
        return read_customers(path, form, header)

    def raw_customers(self, path: Path) -> Iterator[Sequence[str]]:
        """The rows of a customers file as they stand, also those that do not count; of any other file none.

        Raises FileRefused for what is no accounting file, and csv.Error for an endless cell.
        """
        form, _ = recognise(path, self.forms)
        if form.purpose is Purpose.CUSTOMERS:
            with path.open(encoding=form.encoding, errors="surrogateescape", newline="") as file:
                yield from csv.reader(file, delimiter=form.separator)

    def receivables(self, path: Path) -> Iterator[ReceivableBatch]:
        """The receivables of a file that `recognise` took for receivables."""
        form, header = recognise(path, self.forms)
        return read_receivables(path, form, header, self.seller)
