"""Models in and out: safetensors with a card, ONNX, and BioImage.IO packages."""
