"""Tests of the documentation: what a page names exists, and what it shows is real."""
