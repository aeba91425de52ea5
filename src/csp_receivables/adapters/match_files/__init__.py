"""Receivables and payments as CSV or Parquet files, matched without a ledger; results as CSV."""
