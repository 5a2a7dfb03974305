"""Is the organisation ready: its answers, where they rank by year of implementation, and what to fix first."""
