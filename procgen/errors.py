"""The one family of errors that Vivant raises on purpose: what, expected, got, fix."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable


class VivantError(Exception):
    """An error that a user can act on; front ends print it as one line, never as a traceback.

    Args:
        what: What went wrong, in plain words.
        expected: What was expected, if that helps.
        got: What was found instead.
        fix: What to do about it.
    """

    def __init__(self, what: str, expected: object = None, got: object = None, fix: str | None = None) -> None:
        self.what = what
        self.expected = expected
        self.got = got
        self.fix = fix
        parts = [what]
        if expected is not None:
            parts.append(f"expected {expected}")
        if got is not None:
            parts.append(f"got {got}")
        line = "; ".join(parts)
        if fix:
            line += f". Fix: {fix}"
        super().__init__(" ".join(line.split()))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        # Worker processes send errors back by pickle; the default would pass the joined line as `what`.
        return type(self), (self.what, self.expected, self.got, self.fix)


class SpecError(VivantError):
    """A description (spec, configuration, argument, body file) that cannot be used."""


class BuildError(VivantError):
    """A valid spec that could not be turned into geometry or into a Blender scene."""


class DatasetError(VivantError):
    """A dataset on disk that is damaged, foreign, locked or cannot be written."""


class BridgeError(VivantError):
    """The worker process or a remote back end failed."""


class LiftError(VivantError):
    """A picture that nobody can be lifted from: no face, nobody in it, too small, too dark."""


class MissingDependency(VivantError):
    """An optional package or model file is not installed; `fix` holds the command that installs it."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> SpecError:
    """A `SpecError` for a name that no registry holds, with the nearest known name as the fix."""
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.4)
    fix = f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(names) or '(none registered)'}"
    return SpecError(f"unknown {kind} {name!r}", expected=f"one of {len(names)} known", fix=fix)


_REMEDIES = {
    errno.ENOSPC: "free some space, or choose another disk",
    errno.EDQUOT: "free some space, or choose another disk",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
    errno.ENOTDIR: "choose another folder: a part of this path is a file",
    errno.ENOENT: "check the path",
}


def os_error_line(error: OSError) -> str:
    """One line for an error of the system: what, where, and the fix if its kind has one."""
    where = f" {str(error.filename)!r}" if error.filename else ""
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{error.strerror or error}{where}" + (f". Fix: {remedy}" if remedy else "")
