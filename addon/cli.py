# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `vivant …` from a shell and `blender --command vivant …` inside Blender, one parser for both.

Exit status: 0 all is well, 1 it failed, 2 the arguments (or a spec, a configuration, a name) cannot be used, 130 Ctrl-C or
SIGTERM.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from .. import __version__
from ..procgen.errors import SpecError, VivantError, os_error_line
from ..procgen.farm.launch import use_one_blas_thread
from . import commands
from .parsing import Parser

OK, FAILED, BAD_ARGUMENTS, INTERRUPTED = 0, 1, 2, 130


def build_parser(prog: str = "vivant") -> Parser:
    """The parser with every command; each module of `commands` adds its own."""
    parser = Parser(
        prog=prog,
        description="Procedural, labelled 3D scenes of people.",
        epilog="`%(prog)s COMMAND --help` explains one command. Start with: %(prog)s generate demo --scenes 6",
    )
    parser.add_argument("--version", action="version", version=f"vivant {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    sub = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", parser_class=Parser)
    for module in commands.all_commands():
        command = sub.add_parser(
            module.NAME,
            help=module.HELP,
            description=(module.__doc__ or module.HELP).strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[common],
        )
        module.configure(command)
        command.set_defaults(run=module.run)
    return parser


def run(argv: Sequence[str] | None = None, prog: str = "vivant") -> int:
    """Parse and run one command; returns the exit status and never raises for what a user can cause."""
    parser = build_parser(prog)
    try:
        args = parser.parse_args(sys.argv[1:] if argv is None else list(argv))
    except SystemExit as e:  # argparse prints its own message
        return e.code if isinstance(e.code, int) else BAD_ARGUMENTS
    if args.command is None:
        parser.print_help(sys.stderr)
        return BAD_ARGUMENTS
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{prog}: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:  # `vivant list places | head -1` closed our output; nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except VivantError as e:
        if args.debug:
            traceback.print_exc()
        sys.stderr.write(f"{prog}: {e}\n")
        return BAD_ARGUMENTS if isinstance(e, SpecError) else FAILED
    except MemoryError:
        sys.stderr.write(f"{prog}: not enough memory. Fix: fewer --workers or people, or a smaller --size\n")
        return FAILED
    except OSError as e:
        if args.debug:
            traceback.print_exc()
        sys.stderr.write(f"{prog}: {os_error_line(e)}\n")
        return FAILED
    except Exception as e:
        if args.debug:
            traceback.print_exc()
        sys.stderr.write(
            f"{prog}: internal error: {type(e).__name__}: {e}. Fix: report it with the output of --debug\n"
        )
        return FAILED


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Entry point of the `vivant` script, and of child processes with the arguments given."""
    use_one_blas_thread()
    # A cluster's scheduler ends a job with SIGTERM some time before it kills it: what is at hand is saved, as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    status = run(argv)
    sys.stdout.flush()
    sys.stderr.flush()
    if "bpy" in sys.modules:
        # pip bpy can hang or crash in its own clean-up at interpreter exit (seen with 4.5); everything is on disk by now.
        os._exit(status)
    sys.exit(status)


def blender_main(argv: Sequence[str]) -> int:
    """Entry point of `blender --command vivant …`."""
    return run(argv, prog="blender --command vivant")
