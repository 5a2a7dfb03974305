"""Customer processes: are they repeatable, improvable, measurable and scalable, and which steps to lock or to free."""
