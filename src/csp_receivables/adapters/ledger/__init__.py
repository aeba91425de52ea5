"""The ledger: SQLAlchemy Core on SQLite or PostgreSQL, append-only where money or decisions are concerned."""

from csp_receivables.adapters.ledger.connection import Ledger, LedgerRefused, Writing

__all__ = ["Ledger", "LedgerRefused", "Writing"]
