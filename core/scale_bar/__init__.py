"""From a burnt-in scale bar to a pixel size: the bar, its label, and whether to trust them."""
