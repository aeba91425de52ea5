"""The outbox: what is meant for the outside, from the intention to what became of it. Rules only, no effect."""
