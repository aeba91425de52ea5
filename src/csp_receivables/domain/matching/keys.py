"""How references, receivable numbers and words of free text become comparable: one normal form for all of them."""

from __future__ import annotations

import duckdb

# Upper case, letters and digits only; leading zeros of a pure number are dropped (they are not significant in a Finnish
# reference, and accounting systems and banks pad and cut them at will). Most texts are normal already: the first case
# is there for speed only.
_KEY = r"""
CREATE OR REPLACE TEMP MACRO matching_key(said) AS
    CASE WHEN said = '' OR regexp_full_match(said, '[1-9A-Z][0-9A-Z]*') THEN said
    ELSE regexp_replace(regexp_replace(upper(said), '[^0-9\p{L}]', '', 'g'), '^0+([0-9]*)$', '\1') END
"""
# Words are upper-case letters and digits already; only an O or leading zeros can make their key another text.
# A letter O between or behind digits is a zero that somebody read from paper: 1OO1 is 1001, and INV1OO1 is INV1001.
_TEXT_KEY = r"""
CREATE OR REPLACE TEMP MACRO matching_text_key(said) AS
    CASE WHEN NOT contains(said, 'O') AND NOT starts_with(said, '0') THEN said
    ELSE matching_key(CASE WHEN contains(said, 'O') AND regexp_full_match(said, '[A-Z]*[0-9][0-9O]*')
        THEN regexp_extract(said, '^[A-Z]*') || replace(regexp_extract(said, '[0-9][0-9O]*$'), 'O', '0')
        ELSE said END) END
"""


def define_keys(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the macros `matching_key(text)` and `matching_text_key(word)`; an empty key names nothing."""
    connection.execute(_KEY)
    connection.execute(_TEXT_KEY)
