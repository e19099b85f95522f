"""A random forest taught by marks on the image."""
