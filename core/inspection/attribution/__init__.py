"""Why a pixel has its label, and whether such maps can be believed."""
