"""Why depth is hard to train, and the way past each block that helps."""
