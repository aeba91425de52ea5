"""Readers of customers and receivables as the partner's accounting exports them."""
