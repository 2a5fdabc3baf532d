"""Recorded incidents of our own making, and what they are made by."""
