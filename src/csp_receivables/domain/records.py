"""The tables that rules and adapters exchange, as Arrow schemas.

Money is int64 minor units in a column named for what it is, beside `currency`. Days are date32. Text is never null
where "" says the same; a null means "the source does not say".
"""

from __future__ import annotations

import pyarrow as pa


def schema(**fields: pa.DataType) -> pa.Schema:
    """Fields in order; a trailing underscore marks a nullable one and is not part of its name."""
    return pa.schema(
        [pa.field(name.removesuffix("_"), kind, nullable=name.endswith("_")) for name, kind in fields.items()]
    )


def empty(schema: pa.Schema) -> pa.Table:
    """No rows. For `Schema.empty_table` PyArrow asks pandas, which takes a fifth of a second to import."""
    return pa.Table.from_batches([], schema=schema)


TEXT, MONEY, DAY, COUNT, FLAG = pa.string(), pa.int64(), pa.date32(), pa.int64(), pa.bool_()
PRECISE = pa.decimal128(38, 18)  # unit prices, quantities, sums before they are rounded once

# ---- the bank -------------------------------------------------------------------------------------------------
BANK_LINE = schema(
    payment_id=TEXT,  # identity of the money: the same in every file that reports it
    entry_id=TEXT,  # identity of the bank's booking that the detail belongs to
    statement_id=TEXT,
    family=TEXT,  # of `booked_money.FAMILIES`: "camt.053", "mt940", "camt.054" …
    entry_no=COUNT,  # 1-based place in the statement
    detail_no=COUNT,  # 1-based place in the entry; 0: the entry as a whole (it has no details)
    account=TEXT,
    booked_on=DAY,
    value_on_=DAY,
    currency=TEXT,
    amount=MONEY,  # signed: positive is money that came in
    status=TEXT,  # "booked" or "pending"
    kind=TEXT,  # "payment", "return" (undoes an earlier payment) or "other" (not customer money)
    bank_ref=TEXT,
    end_to_end=TEXT,
    payer_name=TEXT,
    payer_account=TEXT,
    reference=TEXT,  # structured reference; several are separated by one blank
    text=TEXT,
    instructed_currency=TEXT,  # what the payer paid in, where the bank exchanged it; else ""
    instructed_amount=MONEY,  # what the payer paid in that currency, unsigned; 0 where it is not stated
)

# ---- accounting -----------------------------------------------------------------------------------------------
CUSTOMER = schema(
    customer_id=TEXT,
    name=TEXT,
    org_number=TEXT,
    country=TEXT,  # ISO 3166 alpha-2
    language=TEXT,  # BCP 47, "" when unknown
    party_kind=TEXT,  # "company", "public_body", "consumer" or "unknown"
)
CUSTOMER_TENANT = schema(tenant_id=TEXT, customer_id=TEXT)
CONTACT = schema(customer_id=TEXT, email=TEXT, name=TEXT, role=TEXT)  # personal data: erasable
RECEIVABLE = schema(
    receivable_id=TEXT,  # "seller/number"
    seller=TEXT,
    number=TEXT,
    kind=TEXT,  # "invoice" or "credit_note"; amounts are positive, kind gives the direction
    customer_id=TEXT,
    issued_on=DAY,
    due_on=DAY,
    currency=TEXT,
    amount=MONEY,  # gross
    net=MONEY,
    tax=MONEY,
    reference=TEXT,  # payment reference printed on it
    credits_number=TEXT,  # the invoice that a credit note names, or ""
)
RECEIVABLE_LINE = schema(
    receivable_id=TEXT,
    line_no=COUNT,
    description=TEXT,
    net=MONEY,
    tax_rate=TEXT,  # per cent as decimal text: "25", "" when unknown
    tax=MONEY,
    vendor_invoice=TEXT,
    subscription_id=TEXT,
    service_from_=DAY,
    service_until_=DAY,
)
STATED_OPEN = schema(receivable_id=TEXT, stated_on=DAY, open_amount=MONEY)  # what accounting says is open: compared

# ---- Microsoft ------------------------------------------------------------------------------------------------
CHARGE = schema(
    invoice_id=TEXT,
    line_no=COUNT,  # 1-based line of data in the file
    tenant_id=TEXT,  # lower-case GUID, without "org:"
    customer_name=TEXT,
    customer_domain=TEXT,
    customer_country=TEXT,
    product_id=TEXT,
    sku_id=TEXT,
    product_name=TEXT,
    sku_name=TEXT,
    publisher_name=TEXT,
    subscription_id=TEXT,
    order_id=TEXT,
    charge_type=TEXT,  # as Microsoft spells it
    charge_from_=DAY,
    charge_until_=DAY,
    term=TEXT,
    unit_price_=PRECISE,
    effective_unit_price_=PRECISE,
    quantity_=PRECISE,
    billable_quantity_=PRECISE,
    subtotal=PRECISE,  # pre-tax, billing currency, as stated: rounded only after summing
    tax=PRECISE,
    total=PRECISE,
    currency=TEXT,
    pricing_currency=TEXT,
    exchange_rate_=PRECISE,
    reference_id=TEXT,
    unreadable=TEXT,  # cells of these columns that can't be read, a JSON object of text by the file's name; else ""
)  # after these: every other column of the file as text, named other_<its name there> (building JSON of them was dear)
VENDOR_INVOICE = schema(
    invoice_id=TEXT,
    version=TEXT,  # digest of the charge data (file) or its eTag
    currency=TEXT,
    invoiced_on=DAY,
    due_on=DAY,
    period_from=DAY,  # the billing month
    period_until=DAY,
    lines=COUNT,
    pre_tax=MONEY,  # sums of the lines, each rounded once
    tax=MONEY,
    total=MONEY,
    stated_total_=MONEY,  # what the invoice itself says, when a sidecar or the API told it
    tie_out=TEXT,  # "ties", "ties_pre_tax", "differs", "no_statement"
    released=FLAG,
    charges_path=TEXT,  # in the lake, relative
)
CUSTOMER_COST = schema(  # charges of one vendor invoice summed per tenant; adds up to the invoice's pre_tax
    invoice_id=TEXT,
    tenant_id=TEXT,
    tenant_name=TEXT,
    currency=TEXT,
    lines=COUNT,
    pre_tax=MONEY,
    tax=MONEY,
)

# ---- matching -------------------------------------------------------------------------------------------------
OPEN_RECEIVABLE = schema(
    receivable_id=TEXT,
    customer_id=TEXT,
    number=TEXT,
    kind=TEXT,
    issued_on=DAY,
    due_on=DAY,
    currency=TEXT,
    amount=MONEY,
    open_amount=MONEY,
    reference=TEXT,
)
OPEN_PAYMENT = schema(
    payment_id=TEXT,
    booked_on=DAY,
    currency=TEXT,
    amount=MONEY,  # what is left of it, positive
    payer_name=TEXT,
    payer_account=TEXT,
    reference=TEXT,
    text=TEXT,
    customer_id=TEXT,  # "" when unknown
)
MATCH = schema(  # one allocation that a rule proposes to book
    payment_id=TEXT,
    receivable_id=TEXT,
    amount=MONEY,  # positive; what of the payment goes to the receivable
    difference=MONEY,  # written off (positive) so that the receivable closes; 0 almost always
    currency=TEXT,
    rule=TEXT,
    outcome=TEXT,  # "full", "partial", "with_difference"
    because=TEXT,  # one readable sentence: rule, threshold, actual
)
CREDITED = schema(  # what a credit note gives to an invoice, as a rule proposes it
    credit_id=TEXT, receivable_id=TEXT, amount=MONEY, currency=TEXT, rule=TEXT, outcome=TEXT, because=TEXT
)
EXCHANGED = schema(  # what an allocation across currencies closes in the receivable's own
    payment_id=TEXT, receivable_id=TEXT, amount=MONEY, difference=MONEY, currency=TEXT
)
EXCHANGE_RATE = schema(  # units of `quote` for one of `base`
    source=TEXT,  # "ECB"
    rated_on=DAY,
    base=TEXT,
    quote=TEXT,
    rate=TEXT,  # exact decimal text
)
SUGGESTION = schema(
    payment_id=TEXT,
    receivable_id=TEXT,
    amount=MONEY,
    currency=TEXT,
    option=COUNT,  # 1 is the best; the receivables of one option belong together
    rule=TEXT,
    because=TEXT,
)
PAYER = schema(  # what is known of a bank account and a customer; at most one row for each pair
    payer_account=TEXT,
    customer_id=TEXT,
    confirmed=COUNT,  # payments that named a receivable of the customer
    contradicted=COUNT,  # allocations that went by the account and were taken back by a person
    decided=TEXT,  # a person's word: "known", "shared", "forgotten", or ""
)
ALIAS_WORD = schema(payer_account=TEXT, customer_id=TEXT, word=TEXT)  # "known", "shared" or "forgotten"
CLOSED = schema(  # a receivable with nothing open, a row for each that closed it
    receivable_id=TEXT,
    customer_id=TEXT,
    number=TEXT,
    currency=TEXT,
    reference=TEXT,
    payers=TEXT,  # what closed it, in words
)
DECLINED = schema(payment_id=TEXT, receivable_id=TEXT, rule=TEXT)  # a suggestion or allocation that a person undid
ALIAS = schema(  # an account and a customer as people are shown them
    payer_account=TEXT,  # letters and digits alone
    customer_id=TEXT,
    customer_name=TEXT,
    standing=TEXT,  # "known", "shared", "demoted"; never gone by: "forgotten", "overruled", "unproven"
    confirmed=COUNT,
    contradicted=COUNT,
    decided=TEXT,  # a person's word, or ""
)
UNAPPLIED = schema(payment_id=TEXT, amount=MONEY, currency=TEXT, customer_id=TEXT, because=TEXT)

# ---- the books ------------------------------------------------------------------------------------------------
ALLOCATION = schema(  # append-only; a reversal is another row with the amount negated
    allocation_id=TEXT,
    source_kind=TEXT,  # "payment", "credit_note", "write_off", or "exchange": a payment, in the receivable's currency
    source_id=TEXT,
    receivable_id=TEXT,  # "" where a rest was returned or refunded, and in a payment's own currency beside an exchange
    amount=MONEY,
    difference=MONEY,
    currency=TEXT,
    rule=TEXT,
    outcome=TEXT,
    because=TEXT,
    effective_on=DAY,
    reverses=TEXT,  # allocation_id, or ""; what takes a reversal back names the same allocation
)
NEW_ALLOCATION = pa.schema([field for field in ALLOCATION if field.name != "allocation_id"])  # before booking names it

# ---- what the day shows ---------------------------------------------------------------------------------------
RECONCILIATION = schema(  # DESIGN part 4.5; one row per vendor invoice, customer and currency
    vendor_invoice=TEXT,  # "" where nothing can be attributed
    customer_id=TEXT,  # "" where the tenant is not mapped
    customer_name=TEXT,
    currency=TEXT,
    cost=MONEY,  # pre-tax
    billed_net=MONEY,
    tax=MONEY,
    billed_gross=MONEY,
    credited=MONEY,  # credit notes applied; billed_gross = paid + credited + written_off + open
    paid=MONEY,
    written_off=MONEY,
    open=MONEY,
    overdue=MONEY,
    unapplied_credit=MONEY,  # credit notes issued that cover nothing yet
    not_billed=MONEY,  # cost that no receivable covers
    margin=MONEY,  # billed net, less the net of every credit note issued, less cost
    because=TEXT,  # "by line", "assumed by billing month", "not attributed" …
)
STANDING = schema(
    customer_id=TEXT,
    customer_name=TEXT,
    currency=TEXT,
    open=MONEY,
    not_due=MONEY,
    days_1_30=MONEY,
    days_31_60=MONEY,
    days_61_90=MONEY,
    days_over_90=MONEY,
    overdue=MONEY,
    unapplied=MONEY,  # received from this customer and not allocated
    credit_left=MONEY,  # credit notes of this customer that cover nothing yet
    oldest_due_on_=DAY,
    days_overdue=COUNT,
    bucket=TEXT,  # of the oldest open receivable: "clear", "not due", "1-30", "31-60", "61-90", "over 90"
)
LATE = schema(
    customer_id=TEXT,
    customer_name=TEXT,
    currency=TEXT,
    overdue=MONEY,
    unapplied=MONEY,
    credit_left=MONEY,
    receivables=COUNT,
    numbers=TEXT,  # receivable numbers, oldest first, separated by ", "
    oldest_due_on=DAY,
    days_overdue=COUNT,
    because=TEXT,
)
NON_PAYMENT = schema(  # who is late and what comes next: one row per customer and currency
    customer_id=TEXT,
    customer_name=TEXT,
    currency=TEXT,
    overdue=MONEY,
    days_overdue=COUNT,
    stage=TEXT,  # the one that was reached, or whose step is due, in words
    decision=TEXT,  # what is to be done, in words
    next_stage=TEXT,
    next_on_=DAY,  # null: once what stands in `because` is settled, or nothing comes
    because=TEXT,
    contact=TEXT,  # whether an address works; the address itself is personal data and stays in the ledger
    history=TEXT,  # the newest notices and what became of them
)
COVERAGE = schema(
    vendor_invoice=TEXT,
    currency=TEXT,
    invoiced_on=DAY,
    due_on=DAY,
    days_to_due=COUNT,  # negative: days past due
    pre_tax=MONEY,
    total=MONEY,
    collected_net=MONEY,  # cash received on receivables attributed to it × net ÷ gross
    missing=MONEY,  # pre_tax − collected_net, never below 0
    covered_per_mille=COUNT,  # 1000 = wholly covered
    released=FLAG,
    because=TEXT,
)
TIE_OUT = schema(  # invariant I5: left equals right, per currency
    equation=TEXT, currency=TEXT, left=MONEY, right=MONEY, difference=MONEY, terms=TEXT
)
ALLOCATION_VIEW = schema(  # an allocation with what a person needs beside it
    allocation_id=TEXT,
    booked_on=DAY,
    source_kind=TEXT,
    source_id=TEXT,
    payer_name=TEXT,
    customer_id=TEXT,
    customer_name=TEXT,
    number=TEXT,
    receivable_id=TEXT,
    amount=MONEY,
    difference=MONEY,
    currency=TEXT,
    rule=TEXT,
    outcome=TEXT,
    because=TEXT,
)
SUGGESTION_VIEW = schema(  # a suggestion with what a person needs to decide it
    payment_id=TEXT,
    booked_on=DAY,
    payer_name=TEXT,
    option=COUNT,  # of the payment, 1 is the best; the receivables of one option belong together
    receivable_id=TEXT,
    number=TEXT,
    customer_id=TEXT,
    customer_name=TEXT,
    amount=MONEY,
    currency=TEXT,
    rule=TEXT,
    because=TEXT,
)
UNAPPLIED_VIEW = schema(
    payment_id=TEXT,
    booked_on=DAY,
    account=TEXT,
    currency=TEXT,
    amount=MONEY,  # negative: a return that undoes nothing we know
    payer_name=TEXT,
    payer_account=TEXT,
    reference=TEXT,
    text=TEXT,
    customer_id=TEXT,
    customer_name=TEXT,
    status=TEXT,  # "booked" or "pending" (pending is shown, never allocated)
    because=TEXT,
)
NOT_CUSTOMER_MONEY = schema(  # a booked line that no customer paid, and what it is instead
    payment_id=TEXT,
    booked_on=DAY,
    account=TEXT,
    currency=TEXT,
    amount=MONEY,  # signed
    kind=TEXT,  # of `bank_line_policy.LineKind`, "refund" (to a customer), or "other": the bank's own word
    party_name=TEXT,  # whom it came from or went to
    party_account=TEXT,
    text=TEXT,
    because=TEXT,
)
SUMMARY = schema(  # the day's headline; one row per line and currency, in the order a reader wants
    line=TEXT,  # a name of `domain.summary.LINES`: "received", "returned", "allocated", "unapplied", "open", …
    currency=TEXT,
    amount_=MONEY,
    count_=COUNT,
)
FEED = schema(  # how fresh each receiving account is
    account=TEXT, currency=TEXT, newest_booking_on_=DAY, newest_statement_until_=DAY, closing_=MONEY, state=TEXT
)
