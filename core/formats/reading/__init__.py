"""What the format modules share: limits, grey levels, calibration, names."""
