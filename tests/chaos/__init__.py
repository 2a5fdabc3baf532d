"""Mutated records, and a verifier of whole replays that shares no code with what it judges."""
