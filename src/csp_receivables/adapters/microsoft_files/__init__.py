"""Readers of the files that Microsoft publishes for its partners."""
