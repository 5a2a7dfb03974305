"""Pay tied to retention: did customers stay longer, and was the number gamed."""
