"""What is wrong with a workspace's tables, row by row."""
