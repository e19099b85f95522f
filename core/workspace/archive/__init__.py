"""Images of a library as one zip, and back."""
