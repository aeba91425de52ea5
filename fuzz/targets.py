"""What is fuzzed: a name, its harness, the words of its format, and where published files of it lie."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

Harness = Callable[[bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader. `published`: folders under ../shared/data, read in place and only where they are."""

    name: str
    module: str
    is_packed: bool = False  # gzip: mutations go inside, too
    published: tuple[str, ...] = ()

    def harness(self) -> Harness:
        """The function to feed; its module is imported now, so that it can be instrumented."""
        return cast(Harness, getattr(importlib.import_module(f"fuzz.{self.module}"), self.name))


TARGETS = {
    target.name: target
    for target in (
        Target(name="match_files", module="match_files"),
        Target(name="camt", module="bank_files", published=("bank/camt",)),
        Target(name="mt940", module="bank_files", published=("bank/mt940",)),
        Target(name="bai2", module="bank_files", published=("bank/bai2",)),
        Target(name="bgmax", module="bank_files", published=("bank/bgmax",)),
        Target(name="nets_ocr", module="bank_files", published=("bank/nets_ocr_kid",)),
        Target(name="stripe", module="bank_files"),
        Target(name="bank_csv", module="bank_files"),
        Target(name="bank_profile", module="bank_profiles"),
        Target(
            name="recognise",
            module="bank_files",
            published=("bank/camt", "bank/mt940", "bank/bai2", "bank/bgmax", "bank/nets_ocr_kid"),
        ),
        Target(name="receivables", module="accounting_files"),
        Target(name="customers", module="accounting_files"),
        Target(name="references", module="references"),
        Target(name="recon_csv", module="microsoft_files", published=("microsoft/csv", "microsoft/csv/scenarios")),
        Target(name="recon_gzip", module="microsoft_files", is_packed=True),
        Target(name="recon_json", module="microsoft_files"),
        Target(name="invoice_json", module="microsoft_files", published=("microsoft/rest",)),
    )
}

# Not a reader: it shows that the machinery finds what one would have to guess byte by byte, and says so.
PLANTED = Target(name="planted", module="planted")
