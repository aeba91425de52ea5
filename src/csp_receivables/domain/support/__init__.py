"""Support of customers: what they ask, which answers the ledger has, and which way to Microsoft fits."""
