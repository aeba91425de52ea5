"""Readers of bank statements: one format a file; each recognises, reads and proves."""

from csp_receivables.adapters.bank_files.bai2 import Bai2Reader
from csp_receivables.adapters.bank_files.bgmax import BgmaxReader
from csp_receivables.adapters.bank_files.camt import CamtReader
from csp_receivables.adapters.bank_files.mt940 import Mt940Reader
from csp_receivables.adapters.bank_files.nets_ocr import NetsOcrReader
from csp_receivables.adapters.bank_files.refusals import unknown_kind
from csp_receivables.ports import BankFileReader

# The first that recognises a file reads it.
READERS: tuple[BankFileReader, ...] = (CamtReader(), Mt940Reader(), Bai2Reader(), BgmaxReader(), NetsOcrReader())


def reader_of(head: bytes) -> tuple[BankFileReader, str]:
    """Who reads the file that begins with `head`, and what it is. Raises BankFileRefused when nobody does."""
    for reader in READERS:
        if taken_for := reader.recognise(head):
            return reader, taken_for
    raise unknown_kind(head)
