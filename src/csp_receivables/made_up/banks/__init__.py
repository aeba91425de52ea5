"""One account's month as the files of its bank, in every format that the product reads; one format a file."""

from csp_receivables.made_up.banks.bai2 import write_bai2
from csp_receivables.made_up.banks.bank_csv import write_bank_csv
from csp_receivables.made_up.banks.bgmax import write_bgmax
from csp_receivables.made_up.banks.book import Book, Writer
from csp_receivables.made_up.banks.camt import write_camt
from csp_receivables.made_up.banks.mt940 import write_mt940
from csp_receivables.made_up.banks.nets_ocr import write_nets_ocr
from csp_receivables.made_up.banks.stripe import write_stripe

FORMATS: dict[str, Writer] = {
    "camt": write_camt,
    "bgmax": write_bgmax,
    "nets_ocr": write_nets_ocr,
    "bank_csv": write_bank_csv,
    "mt940": write_mt940,
    "bai2": write_bai2,
    "stripe": write_stripe,
}

__all__ = ["FORMATS", "Book"]
