"""What drives loyalty, and how far the score can be believed."""
