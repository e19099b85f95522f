"""The terminal's commands: one file = one command, with ``HELP``, ``add_options`` and ``run``."""
