"""How long contract customers stay, and when they leave."""
