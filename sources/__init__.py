"""The ways in: one pure adapter a format, the gateway, recordings. Decides nothing about incidents."""
