"""Owns what all errors have in common whose text is for a person: a bare line at the end of a command, no traceback.

Kept apart from what raises them, so that a command that only reads need not import a server and a client of HTTP.
"""


class Problem(Exception):
    """Something is not as it has to be. The text is one line that says what, and what to do about it."""
