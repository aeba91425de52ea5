"""Rule 4: the number or reference of an open receivable stands in the free text; the amount decides.

Free text writes numbers as it likes: `F-260 000 123`, `nr26OOOO123`. Each run of words with digits is tried word by
word and with up to three neighbours joined, in the normal form of `keys`, and looked up among what is still open.
Equal amount, or several numbers that add up: booked. Else a suggestion.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.claims import grant_claims
from csp_receivables.domain.matching.naming import RIVALS_LOOKED_AT_MAX
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule, propose_nothing
from csp_receivables.domain.matching.stock import count, view
from csp_receivables.domain.relations import keep

KEY_LENGTH_MIN = 4  # shorter numbers turn up in texts by chance
SUGGESTED_MAX = 5

_LONGEST = 35  # as the longest reference that formats of banks have room for
_WORD = r"[0-9\p{Lu}]*[0-9][0-9\p{Lu}]*"
_RUN = rf"(?:\p{{Lu}}+[\s\-/.]{{1,2}})?{_WORD}(?:[\s\-/.]{{1,3}}{_WORD})*"
_RUNS = f"SELECT p, unnest(regexp_extract_all(upper(text), '{_RUN}')) AS run"
# Unnesting a list beside its own tails puts each word beside its next three.
_WORDS = r"""
    SELECT p, unnest(words) AS word, unnest(words[2:]) AS second, unnest(words[3:]) AS third,
        unnest(words[4:]) AS fourth
    FROM (SELECT p, string_split_regex(run, '[\s\-/.]+') AS words FROM ({runs}))
"""
# All that is borne by what is still open: its number, its reference, the digits of its number. One list for each row
# instead of one query for each kind: a condition on a column that is worked out is checked by working it out twice.
_BORNE = f"""
    SELECT key, currency, r FROM (
        SELECT unnest([matching_key(number), reference_key, CASE WHEN regexp_matches(number, '[^0-9]')
                THEN matching_key(regexp_replace(number, '[^0-9]', '', 'g')) END]) AS key, currency, r
        FROM matching.receivable_left
    )
    WHERE len(key) >= {KEY_LENGTH_MIN}
"""
_LENGTHS = "SELECT min(len(key)), max(len(key)) FROM matching.borne"
# Letters glued to a number may be a word before it: NR260123 is tried without its letters too. Only the first word of a
# run may have no digit; a word that stands before the colon in the alphabet begins with one. What is shorter than all
# that is borne names nothing, nor does what is longer, unless leading zeros make it so: without them two candidates in
# three are never written down, at half the cost.
_SAID = r"""
    SELECT p, matching_text_key(said) AS key
    FROM (
        SELECT p, unnest([word, word || second, word || second || third, word || second || third || fourth,
            CASE WHEN word > 'A' AND len(word) > {shortest}
                THEN regexp_extract(word, '^\p{{L}}+([0-9][0-9O]*)$', 1) END]) AS said
        FROM ({words})
    )
    WHERE len(said) >= {shortest} AND (len(said) <= {longest} OR starts_with(said, '0'))
        AND (said < ':' OR regexp_matches(said, '[0-9]'))
"""
_MEANT = "SELECT key, currency, r FROM matching.borne SEMI JOIN matching.said USING (key)"
_CROWDED = f"SELECT 1 FROM matching.meant GROUP BY key, currency HAVING count(*) > {RIVALS_LOOKED_AT_MAX}"
_FIRST_RIVALS = f"""
    SELECT key, currency, r FROM (SELECT DISTINCT key, currency, r FROM matching.meant)
    JOIN (SELECT r, receivable_id FROM matching.receivable_left) USING (r)
    QUALIFY row_number() OVER (PARTITION BY key, currency ORDER BY receivable_id) <= {RIVALS_LOOKED_AT_MAX}
"""
_FOUND = """
    SELECT p, r, key, currency, payment.amount, receivable.open_amount, receivable_id, receivable.customer_id,
        payment.customer_id <> '' AND payment.customer_id <> receivable.customer_id AS elsewhere
    FROM (SELECT p, r, min(key) AS key FROM matching.said JOIN matching.meant USING (key) GROUP BY p, r)
    JOIN (SELECT r, receivable_id, customer_id, currency, open_amount FROM matching.receivable_left) receivable
        USING (r)
    JOIN matching.payment_left payment USING (p, currency)
"""
# Most payments name one receivable; only of those that name several must be summed up what they name together.
_NAMING_SEVERAL = """
    SELECT p, count(*) AS named, count(*) FILTER (open_amount = amount) AS equal, sum(open_amount) AS open_together,
        bool_or(elsewhere) AS some_elsewhere, min(customer_id) = max(customer_id) AS one_customer
    FROM matching.found SEMI JOIN (SELECT p FROM matching.found GROUP BY p HAVING count(*) > 1) USING (p) GROUP BY p
"""
_JUDGED = """
    SELECT found.*, coalesce(named, 1) AS named, coalesce(equal, (open_amount = amount)::BIGINT) AS equal,
        coalesce(open_together, open_amount) = amount AND NOT coalesce(some_elsewhere, elsewhere)
            AND coalesce(one_customer, true) AS adds_up
    FROM matching.found found LEFT JOIN matching.naming_several USING (p)
"""
_CLAIM = """
    SELECT p, r FROM matching.found_judged
    WHERE adds_up OR (equal = 1 AND open_amount = amount AND NOT elsewhere)
"""
_PROPOSAL = """
    SELECT p, r, open_amount AS amount, 0::BIGINT AS difference, 'full' AS outcome, true AS books,
        1::BIGINT AS option,
        'the text names receivable ' || receivable_id || ' by ' || key || ', ' || CASE
            WHEN adds_up AND named > 1 THEN 'one of ' || named || ' whose open amounts add up to '
                || amount_text(judged.amount, currency) || ' ' || currency
            ELSE 'amount equal' END AS because
    FROM matching.granted JOIN matching.found_judged judged USING (p, r)
"""
_DOUBTED = f"""
INSERT INTO matching.proposal BY NAME
    SELECT p, r, least(judged.amount, judged.open_amount) AS amount, 0::BIGINT AS difference, '' AS outcome,
        false AS books, row_number() OVER (PARTITION BY p ORDER BY judged.open_amount = judged.amount DESC,
            receivable_id) AS option,
        'the text names receivable ' || receivable_id || ' by ' || key || ', ' || CASE
            WHEN elsewhere THEN 'which is customer ' || judged.customer_id
                || '''s, but the payment is known to be customer '
                || payment.customer_id || '''s'
            WHEN judged.open_amount = judged.amount THEN 'one of ' || equal || ' with an equal amount'
            ELSE 'but ' || amount_text(judged.open_amount, judged.currency) || ' ' || judged.currency
                || ' is open and ' || amount_text(judged.amount, judged.currency) || ' was paid' END AS because
    FROM (FROM matching.found_judged ANTI JOIN matching.claim USING (p)) judged
    JOIN matching.payment payment USING (p)
    QUALIFY option <= {SUGGESTED_MAX}
"""


def read_numbers(
    connection: duckdb.DuckDBPyConnection, payments: str, shortest: int = KEY_LENGTH_MIN, longest: int = _LONGEST
) -> int:
    """Make `matching.said (p, key)`: every number of `shortest` to `longest` signs that the texts of `payments` may
    mean; longer ones only where leading zeros make them so. How many there are.
    """
    words = _WORDS.format(runs=f"{_RUNS} FROM {payments} WHERE regexp_matches(text, '[0-9]')")
    return keep(connection, "matching.said", _SAID.format(words=words, shortest=shortest, longest=longest))


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    keep(connection, "matching.borne", _BORNE)
    ((shortest, longest),) = connection.execute(_LENGTHS).fetchall()
    if shortest is None:
        propose_nothing(connection)
        return
    said = read_numbers(connection, "matching.payment_left", shortest, longest)
    found = _find(connection) if said and keep(connection, "matching.meant", _MEANT) else 0
    if not found:
        connection.execute("DELETE FROM matching.found")
        propose_nothing(connection)
        return
    keep(connection, "matching.naming_several", _NAMING_SEVERAL)
    view(connection, "matching.found_judged", _JUDGED)
    claimed = keep(connection, "matching.claim", _CLAIM)
    grant_claims(connection)
    keep(connection, "matching.proposal", _PROPOSAL)
    if claimed < found:
        connection.execute(_DOUBTED)


def _find(connection: duckdb.DuckDBPyConnection) -> int:
    """Make `matching.found`: which payment means which receivable. How many pairs there are."""
    if count(connection, f"({_CROWDED})"):
        keep(connection, "matching.meant", _FIRST_RIVALS)
    return keep(connection, "matching.found", _FOUND)


NUMBER_IN_TEXT = Rule(
    name="number_in_text", propose=_propose, concerned="matching.payment_left WHERE regexp_matches(text, '[0-9]')"
)
