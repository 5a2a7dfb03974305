"""What a report publishes: a page per notebook, the board, forecasts against outcomes, the glossary."""
