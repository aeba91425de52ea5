"""What the day itself found for a person to look at, one query a rule; import findings join as recorded."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.findings import FINDING
from csp_receivables.domain.relations import ask, load

_TENANTS = """
SELECT CASE WHEN count(DISTINCT t.customer_id) > 1 THEN 'tenant.doubly_mapped' ELSE 'tenant.not_mapped' END AS code,
       'held' AS severity,
       'tenant ' || c.tenant_id || ' (' || min(c.tenant_name) || ') is charged by Microsoft and mapped to '
       || CASE WHEN count(DISTINCT t.customer_id) > 1
               THEN string_agg(DISTINCT t.customer_id, ', ' ORDER BY t.customer_id) ELSE 'nobody' END AS found,
       'Correct the tenant in the customers file; until then nothing of it is billed or suspended.' AS remedy,
       c.tenant_id AS subject, '' AS customer_id, NULL::BIGINT AS amount, '' AS currency
  FROM customer_costs c LEFT JOIN tenants t USING (tenant_id)
 GROUP BY c.tenant_id HAVING count(DISTINCT t.customer_id) <> 1
"""
_NOT_BILLED = """
SELECT 'charge.not_billed' AS code, 'warning' AS severity,
       vendor_invoice || ' charges ' || customer_name || ' and no receivable bills it' AS found,
       'Bill it, or name the vendor invoice on the receivable that already does.' AS remedy,
       vendor_invoice AS subject, customer_id, not_billed AS amount, currency
  FROM reconciliation WHERE not_billed <> 0 AND customer_id <> ''
"""
_UNAPPLIED = """
SELECT CASE WHEN amount < 0 THEN 'payment.return_without_payment' ELSE 'payment.unapplied' END AS code,
       'warning' AS severity,
       CASE WHEN amount < 0 THEN 'return' ELSE 'payment' END || ' of ' || booked_on || ' on ' || account
       || ' is not applied: ' || because AS found,
       CASE WHEN amount < 0 THEN 'Find the payment it undoes; until then what that paid still shows as paid.'
            ELSE 'Find out what it pays and allocate it; until then it holds every step against its payer.'
       END AS remedy,
       payment_id AS subject, customer_id, amount, currency
  FROM unapplied_view WHERE status = 'booked'
"""
_NEVER_BOOKED = """
SELECT 'bank.pending_never_booked' AS code, 'warning' AS severity,
       amount_text(amount, currency) || ' ' || currency || ' pending on ' || booked_on || ' on ' || account
       || ' was never booked: the statements until ' || lapsed_on || ' do not have it' AS found,
       'It is shown as pending no longer and was never money; ask the payer, or the bank, what became of it.' AS remedy,
       payment_id AS subject, '' AS customer_id, amount, currency
  FROM pending_payments WHERE is_told
"""
ACCOUNTING_DISAGREES = """
SELECT 'receivable.accounting_disagrees' AS code, 'held' AS severity,
       'accounting says ' || amount_text(s.open_amount, r.currency) || ' ' || r.currency || ' was open of ' || r.number
       || ' on ' || s.stated_on || ', the ledger says '
       || amount_text((r.amount - coalesce(sum(a.amount + a.difference), 0))::BIGINT, r.currency) AS found,
       'Find the payment or credit note that one of them lacks; steps against this customer wait.' AS remedy,
       r.receivable_id AS subject, r.customer_id,
       (s.open_amount - r.amount + coalesce(sum(a.amount + a.difference), 0))::BIGINT AS amount, r.currency
  FROM stated_open s JOIN receivables r USING (receivable_id)
  LEFT JOIN allocations a ON a.effective_on <= s.stated_on
   AND CASE WHEN r.kind = 'invoice' THEN a.receivable_id = r.receivable_id
            ELSE a.source_kind = 'credit_note' AND a.source_id = r.receivable_id END
 GROUP BY r.receivable_id, r.number, r.customer_id, r.currency, r.amount, s.stated_on, s.open_amount
HAVING s.open_amount <> r.amount - coalesce(sum(a.amount + a.difference), 0)
"""
_FEEDS = """
SELECT 'feed.' || replace(state, ' ', '_') AS code, 'held' AS severity,
       'account ' || account || ' ' || currency || ': ' || state
       || coalesce(', the newest proved statement runs until ' || newest_statement_until, '') AS found,
       'Fetch the missing statement, or accept the held one by name; until then nobody is chased.' AS remedy,
       account AS subject, '' AS customer_id, NULL::BIGINT AS amount, currency
  FROM feeds WHERE state <> 'fresh'
"""
_UNKNOWN_CUSTOMERS = """
SELECT 'receivable.unknown_customer' AS code, 'warning' AS severity,
       'receivable ' || number || ' names customer ' || customer_id || ', who is in no customers file' AS found,
       'Import the customer; the receivable counts meanwhile.' AS remedy,
       receivable_id AS subject, customer_id, amount, currency
  FROM receivables WHERE customer_id NOT IN (SELECT customer_id FROM customers)
"""
_DUE_BEFORE_ISSUED = """
SELECT 'receivable.due_before_issued' AS code, 'warning' AS severity,
       'receivable ' || number || ' was issued on ' || issued_on || ' and due before, on ' || due_on AS found,
       'Correct its days in accounting; until then it counts, and as late from its due day.' AS remedy,
       receivable_id AS subject, customer_id, amount, currency
  FROM receivables WHERE due_on < issued_on
"""
_RULES = (
    _TENANTS, _NOT_BILLED, _UNAPPLIED, _NEVER_BOOKED, ACCOUNTING_DISAGREES, _FEEDS, _UNKNOWN_CUSTOMERS,
    _DUE_BEFORE_ISSUED,
)  # fmt: skip
_ALL = f"""
WITH found AS ({" UNION ALL BY NAME ".join(_RULES)})
SELECT left(sha256(concat_ws('|', code, subject, customer_id, currency, found)), 32) AS finding_id,
       code, severity, found, remedy, '' AS source, NULL::BIGINT AS line, '' AS field, subject, customer_id,
       amount, currency
  FROM found ORDER BY code, subject, finding_id
"""
_ORDERED = """
SELECT DISTINCT ON (finding_id) * FROM every_finding
 ORDER BY finding_id, code
"""
_SORTED = f"""
SELECT * FROM ({_ORDERED})
 ORDER BY CASE severity WHEN 'refused' THEN 0 WHEN 'held' THEN 1 ELSE 2 END, code, source, line NULLS FIRST, subject,
          finding_id
"""


def day_findings(
    connection: duckdb.DuckDBPyConnection, feeds: pa.Table, unapplied_view: pa.Table, recorded: list[pa.Table]
) -> pa.Table:
    """All findings of the day (schema FINDING), refused and held ones first; needs facts and reconciliation."""
    load(connection, "feeds", feeds)
    load(connection, "unapplied_view", unapplied_view)
    load(connection, "every_finding", pa.concat_tables([*recorded, ask(connection, _ALL, FINDING)]))
    return ask(connection, _SORTED, FINDING)
