"""What a feature map and an answer do when the image moves."""
