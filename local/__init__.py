"""Everything on one machine: the embedded real Kafka and the supervised processes.

Production never needs it.
"""
