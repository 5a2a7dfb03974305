"""What did an action change: trials, uplift, and comparisons that stand in for a trial."""
