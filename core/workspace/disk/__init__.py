"""What lies on the disk: SQLite, contents named by SHA-256, a cache, and what goes wrong there."""
