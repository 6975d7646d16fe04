"""Exporters: one file a format, each one function `(dataset, out, options) -> None` in the registry."""
