"""Parts of ``benchmarks.kill``: users, whom they are killed by, and what must hold afterwards."""
