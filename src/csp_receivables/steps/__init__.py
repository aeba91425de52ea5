"""Gather, decide, apply: one file for each thing that is done."""
