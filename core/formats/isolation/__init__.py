"""Files that others made, read in a process of its own with limits on memory and time."""
