"""Everything on one machine: the embedded real Kafka and the supervised processes; never needed in production."""
