"""Customers files kept under a home after their import: no vouchers, but they carry contacts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from csp_receivables.adapters.accounting_files.reading import AccountingFiles
from csp_receivables.domain.accounting import FileRefused, Purpose

KEPT_IN = ("archive/accounting", "set_aside/accounting")


@dataclass(frozen=True, slots=True)
class KeptCustomersFiles:
    """The `RawCustomersFiles` of a home."""

    home: Path
    reader: AccountingFiles

    def remove_with_contacts_of(self, customer_id: str) -> tuple[str, ...]:
        """Remove the files that carry contacts of the customer; what the ledger learnt from them stays."""
        files = [path for folder in KEPT_IN for path in (self.home / folder).rglob("*") if _is_plain(path)]
        removed = [path for path in sorted(files) if self._has_contacts_of(path, customer_id)]
        for path in removed:
            path.unlink()
        return tuple(path.name for path in removed)

    def _has_contacts_of(self, path: Path, customer_id: str) -> bool:
        """A file that can't be read as a customers file has none that anybody could tell."""
        try:
            file = self.reader.recognise(path, self.reader.identify(path))
            if file.purpose is not Purpose.CUSTOMERS:
                return False
            return any(
                customer_id in batch.contacts["customer_id"].to_pylist() for batch in self.reader.customers(path)
            )
        except FileRefused:
            return False


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and not path.name.endswith(".reason.txt")
