"""The escalation report and pack as people read them: mail, workbook, PDF."""
