"""Reports of measurements, as one HTML file and as PDF, from the same content."""
