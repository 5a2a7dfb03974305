"""What customers are worth, and what a point of retention is."""
