"""What an administrator has done: backup, verification, and what goes by itself."""
