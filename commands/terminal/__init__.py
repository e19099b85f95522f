"""What the commands share: batches that go on, options, lines on stderr."""
