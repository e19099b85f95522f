"""What was measured with the networks of the grain study."""
