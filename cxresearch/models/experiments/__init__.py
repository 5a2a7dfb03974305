"""How an effect is told from what would have happened anyway: trials, uplift, matched differences, staggered starts, pooling."""
