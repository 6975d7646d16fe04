"""A layout that records what a panel draws and refuses whatever Blender would complain about.

Real panels cannot be drawn without a window, but `Panel.draw` is a function of a layout. This one checks every call
against `UILayout.bl_rna`: function and parameter names, properties of the data, icons, operators.
"""

from __future__ import annotations

from typing import Any

import bpy

LAYOUT = bpy.types.UILayout.bl_rna
ICONS = {item.identifier for item in LAYOUT.functions["prop"].parameters["icon"].enum_items}
# Translation and text parameters that Python adds on top of the RNA functions.
PYTHON_ONLY = {"text", "text_ctxt", "translate"}


class OperatorProperties:
    """What `layout.operator` returns: only properties that the operator has can be set."""

    def __init__(self, rna: Any) -> None:
        object.__setattr__(self, "rna", rna)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.rna.properties:
            raise AttributeError(f"{self.rna.identifier} has no property {name!r}")


class RecordingLayout:
    """Stands in for `UILayout`; `calls` is shared by all sub-layouts."""

    def __init__(self, calls: list[tuple[str, tuple, dict]] | None = None) -> None:
        object.__setattr__(self, "calls", [] if calls is None else calls)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in LAYOUT.properties:
            raise AttributeError(f"UILayout has no property {name!r}")
        self.calls.append(("set", (name, value), {}))

    def __getattr__(self, name: str) -> Any:
        function = LAYOUT.functions.get(name)
        if function is None:
            raise AttributeError(f"UILayout has no function {name!r}")
        known = {p.identifier for p in function.parameters} | PYTHON_ONLY

        def call(*args: Any, **kwargs: Any) -> Any:
            unknown = set(kwargs) - known
            if unknown:
                raise TypeError(f"UILayout.{name} has no parameter {sorted(unknown)}")
            if "icon" in kwargs and kwargs["icon"] not in ICONS:
                raise ValueError(f"no icon {kwargs['icon']!r}")
            if name == "prop":
                data, prop = args[0], args[1]
                if prop not in data.bl_rna.properties:
                    raise KeyError(f"{data} has no property {prop!r}")
            self.calls.append((name, args, kwargs))
            if name in ("operator", "operator_menu_enum"):
                module, operator = args[0].split(".")
                properties = OperatorProperties(getattr(getattr(bpy.ops, module), operator).get_rna_type())
                if name == "operator_menu_enum" and args[1] not in properties.rna.properties:
                    raise KeyError(f"{args[0]} has no property {args[1]!r}")
                return properties
            if name == "menu" and not hasattr(bpy.types, args[0]):
                raise KeyError(f"no menu {args[0]!r}")
            return RecordingLayout(self.calls)

        return call

    def named(self, name: str) -> list[tuple[tuple, dict]]:
        """Arguments of every call of one function."""
        return [(args, kwargs) for called, args, kwargs in self.calls if called == name]
