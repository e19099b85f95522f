"""What runs a model over grey levels: networks by OpenVINO or PyTorch, thresholds, forests."""
