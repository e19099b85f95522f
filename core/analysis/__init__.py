"""The way of an image in one call, for pages and commands alike."""
