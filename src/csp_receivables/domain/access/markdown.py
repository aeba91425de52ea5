"""What customers and Microsoft wrote, inside Markdown: text, never markup."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")


def escaped(said: str) -> str:
    """On one line, with everything escaped that Markdown would take for more than text."""
    return _SPECIAL.sub(r"\\\1", " ".join(said.split()))
