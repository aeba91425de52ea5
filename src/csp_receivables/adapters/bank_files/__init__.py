"""Readers of bank statements: one format a file; each recognises, reads and proves."""

from collections.abc import Sequence

from csp_receivables.adapters.bank_csv_profiles import BankCsvProfile
from csp_receivables.adapters.bank_files.bai2 import Bai2Reader
from csp_receivables.adapters.bank_files.bank_csv import BankCsvReader
from csp_receivables.adapters.bank_files.bgmax import BgmaxReader
from csp_receivables.adapters.bank_files.camt import CamtReader
from csp_receivables.adapters.bank_files.mt940 import Mt940Reader
from csp_receivables.adapters.bank_files.nets_ocr import NetsOcrReader
from csp_receivables.adapters.bank_files.refusals import unknown_kind
from csp_receivables.adapters.bank_files.stripe import StripeReader
from csp_receivables.domain.account_names import AccountNames
from csp_receivables.ports import BankFileReader


def readers(names: AccountNames, profiles: Sequence[BankCsvProfile] = ()) -> tuple[BankFileReader, ...]:
    """Every reader; the first that recognises a file reads it. `names`: what else the accounts are called.

    Bank CSV comes last: a header that is nearly one of `profiles` is refused, and no other format may meet that.
    """
    return (
        CamtReader(),
        Mt940Reader(names),
        Bai2Reader(names),
        BgmaxReader(names),
        NetsOcrReader(names),
        StripeReader(names),
        BankCsvReader(profiles, names),
    )


READERS = readers(AccountNames())


def reader_of(head: bytes, among: Sequence[BankFileReader] = READERS) -> tuple[BankFileReader, str]:
    """Who reads the file that begins with `head`, and what it is. Raises BankFileRefused when nobody does."""
    for reader in among:
        if taken_for := reader.recognise(head):
            return reader, taken_for
    raise unknown_kind(head)
