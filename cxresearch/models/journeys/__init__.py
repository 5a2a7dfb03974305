"""Journeys: which ways customers take, where they break, what they cost, and what a robot may serve."""
