"""Mutated records, and what must become of each."""
