"""A made-up world of payments and open receivables, as Parquet, with the truth known. The same seed, the same world.

Of the payments 80 % carry the exact reference, 10 % the number or reference in noisy text, 7 % come from a known
account (5 % for one receivable, 2 % for two at once), 3 % lead nowhere at once: the mix that published match rates
describe. Of those 3 %, a third has one wrong digit in its reference, and a third only a name like the customer's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

FIRST_NUMBER = 260_000_000
SHARES = {
    "reference": 0.80,
    "text": 0.10,
    "payer": 0.05,
    "pair": 0.02,
    "damaged": 0.01,
    "name": 0.01,
    "nothing": 0.01,
}
CUSTOMERS_PER_THOUSAND = 20  # a partner's customer has some fifty open receivables in a world this size


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentWorld:
    """Paths of the two Parquet files and of the truth: `payment_id, receivable_id ("" for none), how`."""

    receivables: Path
    payments: Path
    truth: Path


def make(folder: Path, rows: int, seed: int = 7) -> PaymentWorld:
    """`rows` receivables and as many payments in `folder` (schemas OPEN_RECEIVABLE and OPEN_PAYMENT)."""
    folder.mkdir(parents=True, exist_ok=True)
    world = PaymentWorld(
        receivables=folder / f"receivables_{rows}_{seed}.parquet",
        payments=folder / f"payments_{rows}_{seed}.parquet",
        truth=folder / f"truth_{rows}_{seed}.parquet",
    )
    if not world.truth.exists():
        with duckdb.connect() as connection:
            connection.register("draw", _draw(rows, seed))
            connection.execute(_DRAWN)
            connection.execute(_RECEIVABLES.format(path=world.receivables))
            connection.execute(_PAYMENTS.format(path=world.payments, shuffle=seed))
            connection.execute(_TRUTH.format(path=world.truth))
    return world


def luhn_digits(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The Luhn (mod 10) check digit of each number."""
    total, rest, double = np.zeros_like(numbers), numbers.copy(), True
    while rest.any():
        digit = rest % 10
        weighted = digit * 2 if double else digit
        total += np.where(weighted > 9, weighted - 9, weighted)
        rest, double = rest // 10, not double
    return (10 - total % 10) % 10


def _draw(rows: int, seed: int) -> pa.Table:
    """One row for each (receivable, payment) pair: everything random in this world."""
    random = np.random.default_rng(seed)
    number = FIRST_NUMBER + np.arange(rows, dtype=np.int64)
    return pa.table(
        {
            "i": pa.array(np.arange(rows)),
            "number": number,
            "reference": number * 10 + luhn_digits(number),
            "customer": random.integers(0, max(1, rows * CUSTOMERS_PER_THOUSAND // 1000), rows),
            "amount": random.integers(1_000, 5_000_000, rows),
            "how": random.choice(list(SHARES), rows, p=list(SHARES.values())),
            "style": random.integers(0, 6, rows),
            "age": random.integers(0, 60, rows),
            "place": random.permutation(rows),
        }
    )


# Two receivables of a customer that are paid at once: the payment of the second is merged into the first one's.
_DRAWN = """
CREATE TABLE drawn AS
    SELECT *, how = 'pair' AND turn % 2 = 0 AS is_merged,
        CASE WHEN how = 'pair' AND turn % 2 = 1 THEN coalesce(other, 0) ELSE 0 END AS more
    FROM (SELECT *, row_number() OVER of_customer AS turn, lead(amount) OVER of_customer AS other
          FROM draw WINDOW of_customer AS (PARTITION BY customer, how ORDER BY i))
"""

_RECEIVABLES = """
COPY (
    SELECT 'partner/' || number AS receivable_id, 'C' || customer AS customer_id, number::VARCHAR AS number,
        'invoice' AS kind, DATE '2026-09-01' + age::INTEGER AS issued_on, DATE '2026-10-01' + age::INTEGER AS due_on,
        CASE customer % 3 WHEN 0 THEN 'SEK' WHEN 1 THEN 'EUR' ELSE 'NOK' END AS currency,
        amount, amount AS open_amount, reference::VARCHAR AS reference
    FROM drawn ORDER BY i
) TO '{path}' (FORMAT parquet)
"""

_PAYMENTS = """
COPY (
    SELECT 'pay-' || lpad(place::VARCHAR, 8, '0') AS payment_id, DATE '2026-10-20' + (age // 4)::INTEGER AS booked_on,
        CASE customer % 3 WHEN 0 THEN 'SEK' WHEN 1 THEN 'EUR' ELSE 'NOK' END AS currency,
        amount + more + CASE how WHEN 'nothing' THEN 7 ELSE 0 END AS amount,
        CASE how WHEN 'name' THEN 'AB CUSTOMER ' || customer ELSE 'Customer ' || customer || ' AB' END AS payer_name,
        CASE WHEN how IN ('nothing', 'name', 'damaged') THEN ''
            ELSE 'SE45500000' || lpad(customer::VARCHAR, 14, '0') END AS payer_account,
        CASE how WHEN 'reference' THEN reference::VARCHAR
            WHEN 'damaged' THEN left(reference::VARCHAR, 5) || ((reference // 10000 + 1) % 10)
                || substr(reference::VARCHAR, 7) ELSE '' END AS reference,
        CASE how
            WHEN 'reference' THEN ''
            WHEN 'damaged' THEN ''
            WHEN 'text' THEN CASE style
                WHEN 0 THEN 'Faktura ' || number || ' tack'
                WHEN 1 THEN 'inv. ' || left(number::VARCHAR, 3) || ' ' || substr(number::VARCHAR, 4) || ' thanks'
                WHEN 2 THEN 'betalning ' || replace(number::VARCHAR, '00', 'OO') || ' /kund ' || customer
                WHEN 3 THEN 'OCR:' || reference || ' Customer ' || customer || ' AB'
                WHEN 4 THEN 'F-' || left(number::VARCHAR, 3) || '-' || substr(number::VARCHAR, 4, 3) || '-'
                    || substr(number::VARCHAR, 7) || ' 2026-10-01'
                ELSE 'betr. Rechnung Nr' || number || ', Kunde ' || customer END
            WHEN 'nothing' THEN 'Deposit ' || style || ' of 2026'
            ELSE 'Thank you for your services' END AS text,
        '' AS customer_id
    FROM drawn WHERE NOT is_merged ORDER BY hash(place + {shuffle})
) TO '{path}' (FORMAT parquet)
"""

_TRUTH = """
COPY (
    SELECT 'pay-' || lpad(CASE WHEN is_merged THEN first_place ELSE place END::VARCHAR, 8, '0') AS payment_id,
        CASE how WHEN 'nothing' THEN '' ELSE 'partner/' || number END AS receivable_id, how
    FROM (SELECT *, lag(place) OVER (PARTITION BY customer, how ORDER BY i) AS first_place FROM drawn) ORDER BY ALL
) TO '{path}' (FORMAT parquet)
"""
