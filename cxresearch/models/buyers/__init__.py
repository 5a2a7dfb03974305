"""Customers who buy without a contract: whether they come back, what they will do next, and how far to believe it."""
