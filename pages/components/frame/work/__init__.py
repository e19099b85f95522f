"""What takes long: jobs, workers, networks, and how a page hears of their end."""
