"""Durations: who was observed, who left, and what goes with leaving (shared by the questions)."""
