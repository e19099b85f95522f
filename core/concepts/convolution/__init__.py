"""A kernel on its way over an image, what lies outside the image, and how many weights it takes."""
