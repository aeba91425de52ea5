"""The daily reconciliation as an Excel workbook: `write_workbook(day, path)`."""

from __future__ import annotations

from csp_receivables.adapters.workbook.sheets import report_frame, write_workbook

__all__ = ["report_frame", "write_workbook"]
