"""What each table of a workspace must look like."""
