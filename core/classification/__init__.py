"""Which kind of micrograph an image is, before a network for that kind is chosen."""
