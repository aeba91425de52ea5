"""Escalation: what left automation's hands and must reach a person, with everything that is known of it."""
