"""Metal particles on catalyst supports in HAADF and bright-field STEM, with a known answer."""
