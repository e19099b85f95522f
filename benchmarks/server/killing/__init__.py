"""Parts of ``benchmarks.server.kill``: users, what kills them, and what holds afterwards."""
