"""Where jobs run: a worker process here, a Vivant server elsewhere, or ComfyUI."""

from __future__ import annotations

import os

from ...procgen.errors import SpecError
from ..client import Backend, WorkerClient


def open_backend(
    address: str = "worker",
    folder: str | os.PathLike[str] | None = None,
    *,
    python: str | None = None,
    token: str = "",
) -> Backend:
    """A backend by its address.

    Args:
        address: "worker" for a process on this machine, "http://HOST:PORT" for `vivant worker --listen`,
            "comfyui://HOST:PORT" for ComfyUI. A bare HOST:PORT means http.
        folder: Where files lie; the user's cache folder when left out.
        python: With "worker": a Python that has torch.
        token: With http: the server's token.
    Raises:
        SpecError: an address of another kind.
    """
    text = address.strip()
    if text in ("", "worker"):
        return WorkerClient(folder, python)
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "http", text
    if scheme in ("http", "https"):
        from .remote import RemoteClient

        return RemoteClient(f"{scheme}://{rest}", folder, token=token)
    if scheme in ("comfyui", "comfyuis"):
        from .comfyui import ComfyClient

        return ComfyClient(f"{'http' if scheme == 'comfyui' else 'https'}://{rest}", folder)
    raise SpecError(
        f"{address!r} is no backend",
        expected="worker, http://HOST:PORT or comfyui://HOST:PORT",
        fix="check the address",
    )
