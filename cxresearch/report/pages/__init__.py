"""What a report publishes: a page per notebook, the board, the forecasts that fell due."""
