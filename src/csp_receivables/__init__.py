"""What a Cloud Solution Provider owes Microsoft against what its customers pay: rules, steps and adapters."""
