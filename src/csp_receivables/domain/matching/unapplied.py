"""Rule 10: what is left of a payment is unapplied, on its customer if known, with the reason."""

from __future__ import annotations

# Most payments are taken whole; only a rule that leaves rests needs its sums looked at.
REST = """
    SELECT p FROM matching.payment ANTI JOIN matching.taken USING (p) WHERE p >= 0
    UNION ALL
    SELECT p FROM matching.payment payment
    JOIN (SELECT p, sum(amount) AS used FROM matching.taken
          SEMI JOIN (SELECT p FROM matching.taken WHERE list_contains($rules, rule)) USING (p) GROUP BY p) USING (p)
    WHERE payment.amount > used
"""
# What a payment named at the start of the run and others closed since.
PAID_BY = """
    SELECT p, min(receivable_id) AS receivable_id, any_value(payers) AS payers
    FROM (
        SELECT met.p, receivable.receivable_id, string_agg(payer.payment_id, ', ' ORDER BY payer.payment_id) AS payers
        FROM matching.met met SEMI JOIN matching.rest USING (p)
        JOIN matching.taken taken ON taken.r = met.r AND taken.p <> met.p
        JOIN matching.payment payer ON payer.p = taken.p
        JOIN matching.receivable receivable ON receivable.r = met.r
        GROUP BY met.p, receivable.receivable_id
        QUALIFY row_number() OVER (PARTITION BY met.p ORDER BY receivable.receivable_id) = 1
    )
    GROUP BY p
"""
UNAPPLIED_SQL = """
    SELECT payment.payment_id, (payment.amount - coalesce(used.amount, 0))::BIGINT AS amount, payment.currency,
        coalesce(nullif(payment.customer_id, ''), payer.customer_id, before.customer_id, '') AS customer_id,
        CASE WHEN payment.amount = 0 THEN 'the amount is zero: there is nothing to allocate'
            WHEN payment.amount < 0 THEN 'the amount is negative: money that went out pays nothing'
            WHEN suggested.receivables = 1 THEN 'a person decides: ' || suggested.rule || ' suggests receivable '
                || suggested.first_named
            WHEN suggested.receivables > 1 THEN 'a person decides: ' || suggested.rule || ' suggests '
                || suggested.receivables || ' receivables'
            WHEN used.amount > 0 THEN 'more than was open: ' || amount_text(used.amount, payment.currency) || ' '
                || payment.currency || ' went to ' || used.receivable_ids
            WHEN paid_by.p IS NOT NULL THEN 'receivable ' || paid_by.receivable_id || ' is already paid by '
                || paid_by.payers
            WHEN before.p IS NOT NULL THEN 'receivable ' || before.receivable_id || ' is already closed by '
                || before.payers
            WHEN payment.reference <> '' THEN 'reference ' || payment.reference || ' names no open receivable in '
                || payment.currency
            WHEN payer.p IS NOT NULL THEN payer.evidence || ', but nothing they have open in ' || payment.currency
                || ' adds up to it'
            ELSE 'neither a reference nor the text names an open receivable in ' || payment.currency
        END AS because
    FROM matching.payment payment
    LEFT JOIN (
        SELECT p, sum(amount)::BIGINT AS amount,
            string_agg(receivable_id, ', ' ORDER BY receivable_id) AS receivable_ids
        FROM matching.taken SEMI JOIN matching.rest USING (p) JOIN matching.receivable USING (r) GROUP BY p
    ) used USING (p)
    LEFT JOIN (
        SELECT p, count(*) AS receivables, min(receivable_id) AS first_named, any_value(rule) AS rule
        FROM matching.suggested JOIN matching.receivable USING (r) GROUP BY p
    ) suggested USING (p)
    LEFT JOIN matching.paid_by paid_by USING (p)
    LEFT JOIN matching.paid_before before USING (p)
    LEFT JOIN (SELECT p, customer_id, evidence FROM matching.payer
        WHERE standing IN ('known', 'doubted')) payer USING (p)
    SEMI JOIN matching.rest USING (p)
    ORDER BY payment.payment_id
"""
PAID_AGAIN = """
    SELECT payment.payment_id, paid_by.receivable_id, paid_by.payers, payment.customer_id, payment.amount,
        payment.currency
    FROM (
        SELECT p, receivable_id, payers FROM matching.paid_by
        UNION ALL
        SELECT p, receivable_id, payers FROM matching.paid_before ANTI JOIN matching.paid_by USING (p)
    ) paid_by JOIN matching.payment payment USING (p)
    ANTI JOIN matching.taken USING (p) ANTI JOIN matching.suggested USING (p)
    ORDER BY payment_id
"""
