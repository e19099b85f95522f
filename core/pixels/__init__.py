"""What holds for the pixels of any image: grey range, square pixels, where the image ends."""
