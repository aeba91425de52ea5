"""What Microsoft tells a partner over the wire, as plain values: invoices, exports of charges, subscriptions."""
