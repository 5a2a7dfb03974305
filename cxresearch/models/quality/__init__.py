"""Whether a quarter's data are fit to publish."""
