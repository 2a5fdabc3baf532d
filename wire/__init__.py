"""The Kafka edge that is not Faust's: producers, topic administration. Knows no incidents."""
