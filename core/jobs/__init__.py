"""Work that outlives a tab, a server and a worker: a queue in the workspace's database."""
