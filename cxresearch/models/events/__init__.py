"""Marketing events: what they add to what accounts buy, against accounts that were not asked, and what that returns on their cost."""
