"""Tests of the ways out, on a real broker and a real database."""
