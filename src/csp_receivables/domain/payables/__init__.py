"""What the partner owes Microsoft: vendor invoices, what amends them, what was paid on them."""
