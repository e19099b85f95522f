"""Writing and drawings burnt into an image, found."""
