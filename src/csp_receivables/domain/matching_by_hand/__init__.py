"""What a person decides about matches: confirm, split, reject, take back. One decision a file; no writing here."""
