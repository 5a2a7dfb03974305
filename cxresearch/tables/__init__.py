"""From a file or database table to a typed table of the contract."""
