"""Where the experience is uneven."""
