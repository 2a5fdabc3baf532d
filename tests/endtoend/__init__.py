"""The whole system, started as a person starts it."""
