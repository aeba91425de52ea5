"""Readers of customers and receivables as the partner's accounting exports them."""

from csp_receivables.adapters.accounting_files.profiles import BadProfile
from csp_receivables.adapters.accounting_files.reading import AccountingFiles

__all__ = ["AccountingFiles", "BadProfile"]
