"""What can be lifted of a person, one file a part: `parts` finds them.

A part is a function `(subject, found, options) -> PartResult`, registered under the name that `--what` takes. Modules here
need numpy alone to be imported, so that the command can list them anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ....procgen.registry import Registry

parts = Registry("part of the lift", "lift.parts", base=__name__.rpartition(".lift.")[0])


@dataclass(frozen=True)
class Part:
    """A registered part.

    Attributes:
        run: `(subject, found, options) -> PartResult`; `found` holds the results of the parts that came before.
        after: Parts whose result it uses when they are asked for as well.
        needs: Parts without which it cannot work; they are run even if they were not asked for.
    """

    run: Callable[..., object]
    after: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
