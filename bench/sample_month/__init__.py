"""The made-up month that `make run` lays into a new demo ledger: who, what Microsoft charged, what was billed and paid.

Everything follows from one seed and from nothing else: no clock, no file of the machine, no address of a real party.
"""
