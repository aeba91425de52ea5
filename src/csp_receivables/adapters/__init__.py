"""One outside thing each: bank files, Microsoft files, accounting files, ledger, lake, workbook, page."""
