"""Readers of bank statements: one format a file; each recognises, reads and proves."""
