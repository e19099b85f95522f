"""Classification of micrographs, before a network for the class is chosen."""
