"""Who is likely to leave, how good that judgement is, and whom it pays to contact."""
