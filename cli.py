"""The terminal entry: ``lamella app``, ``segment``, ``measure`` and the other commands.

Thin: each file in ``commands/`` is one command, reads its options, calls the same functions as the
pages, and prints. Exit codes: 0 all done, 1 some inputs failed (the others are still written),
2 wrong usage, 130 stopped by Ctrl-C. Numbers and networks are imported when a command runs, so that
``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
import warnings
from importlib import import_module
from pkgutil import iter_modules

import commands
from commands.terminal.batch import print_what_can_be_printed, say, unforeseen
from commands.terminal.options import UsageError
from core.errors import Cancelled, LamellaError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    print_what_can_be_printed()
    # Imports make no garbage, and looking for it among them takes 5 % of a first image.
    gc.set_threshold(50_000, 10, 10)
    options = build_parser().parse_args(arguments)
    # Libraries log what they find odd in a damaged file; our one sentence says it better.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        return options.run(options)
    except (KeyboardInterrupt, Cancelled):
        say("stopped before the end, as asked; what was finished until then is kept.")
        return 130
    except BrokenPipeError:
        # The reader went away (`lamella info ... | head`); Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except UsageError as error:
        say(str(error))
        return 2
    except LamellaError as error:
        say(str(error))
        return 1
    except Exception as error:
        say(" ".join(unforeseen(error).split()))
        return 1


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="lamella", description="Segment micrographs, measure them, look inside the network."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in iter_modules(commands.__path__):
        if module.ispkg:
            continue
        command = import_module(f"{commands.__name__}.{module.name}")
        subparser = subparsers.add_parser(
            module.name, help=command.HELP, description=command.__doc__
        )
        command.add_options(subparser)
        subparser.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
