"""Every step between a record and its last acknowledgement: a crash, an error and a delay there change nothing."""
