"""Gold nanoparticles in TEM: thresholds and U-Nets on simulated images."""
