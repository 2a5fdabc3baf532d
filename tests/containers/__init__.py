"""Tests of the system in containers; they need an engine."""
