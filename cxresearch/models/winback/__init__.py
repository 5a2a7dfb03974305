"""Winning back: who of the lapsed returns for which offer, for how long, and at what profit."""
