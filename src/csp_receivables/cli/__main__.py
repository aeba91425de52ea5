"""`python -m csp_receivables.cli` is `csp`, for an interpreter whose scripts are not on the path."""

from __future__ import annotations

from csp_receivables.cli import main

main()
