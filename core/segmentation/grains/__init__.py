"""From boundaries to grains, and lines across them."""
