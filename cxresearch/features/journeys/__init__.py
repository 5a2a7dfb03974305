"""Contacts as journeys: steps, counted transitions and ways, episodes, and the life cycle."""
