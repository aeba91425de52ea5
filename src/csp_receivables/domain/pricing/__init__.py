"""From charges to what customers owe: prices, documents, and a check of what was billed by another system."""
