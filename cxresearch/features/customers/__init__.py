"""One row per customer: what each source table says of them, one file per table."""
