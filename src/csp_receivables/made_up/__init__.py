"""A made-up partner whose truth is known: customers, receivables and payments as files that look like real ones.

Nothing here decides anything for the product, and the product never reads what is only for judging it. See
docs/decisions/0010-made-up-worlds.md.
"""
