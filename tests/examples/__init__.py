"""Tests of the recorded incidents."""
