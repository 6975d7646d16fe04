"""Devices, free memory, and how to fit a model into it."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass, replace
from typing import Any

import torch

from ...procgen.errors import SpecError

_DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
# What activations need beside the weights, bytes a pixel of the picture and byte of an element. Measured: SDXL with a ControlNet at
# 1024 x 1024 in bf16 on a GPU takes 12.1 GB, 9.2 of them weights, which is 1380; generous for smaller models.
_ACTIVATION = 1500


@dataclass(frozen=True)
class Fit:
    """How a model is put on a device.

    Attributes:
        device: "cuda", "mps", "xpu", "cpu".
        dtype: Of weights and activations.
        offload: "none", "model" (one part at a time on the device) or "sequential" (one layer at a time).
        slicing: Attention and the decoder in slices.
        scale: Share of the asked width and height at which it is made.
    """

    device: str
    dtype: torch.dtype
    offload: str = "none"
    slicing: bool = False
    scale: float = 1.0

    @property
    def dtype_name(self) -> str:
        """fp32, fp16 or bf16."""
        return next(name for name, dtype in _DTYPES.items() if dtype == self.dtype)

    def smaller(self) -> Fit | None:
        """The next thing to try after running out of memory, or None."""
        if not self.slicing:
            return replace(self, slicing=True)
        if self.device != "cpu" and self.offload != "sequential":
            return replace(self, offload="model" if self.offload == "none" else "sequential")
        return replace(self, scale=self.scale * 0.75) if self.scale > 0.45 else None


def available() -> tuple[str, ...]:
    """Devices of this machine, the fastest first."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        found.append("xpu")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def free_bytes(device: str) -> int:
    """Memory that is free on a device."""
    if device == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    if device == "xpu":
        return int(torch.xpu.mem_get_info()[0])
    return free_memory()


def forget_peak(device: str) -> None:
    """Begin to count anew what `peak_gb` says."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()


def peak_gb(device: str) -> float | None:
    """The most memory that tensors took on a device since `forget_peak`; None where nobody counts it."""
    return round(torch.cuda.max_memory_allocated() / 1e9, 2) if device == "cuda" else None


def free_memory() -> int:
    """Main memory that programs can still take, within the limit of a container."""
    free = 8 << 30
    if sys.platform == "linux":
        with open("/proc/meminfo", encoding="ascii") as f:
            found = {line.split(":")[0]: line.split()[1] for line in f}
        free = int(found.get("MemAvailable", free >> 10)) << 10
    elif hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2  # macOS: half, for want of a better count
    return free


def devices() -> list[dict[str, Any]]:
    """What there is, for people to choose from."""
    out = []
    for name in available():
        title = platform.processor() or platform.machine()
        if name == "cuda":
            title = torch.cuda.get_device_name()
        elif name == "xpu":
            title = torch.xpu.get_device_name()
        out.append({"name": name, "title": title, "free_gb": round(free_bytes(name) / 1e9, 1)})
    return out


def choose_device(asked: str) -> str:
    """The device to use.

    Raises:
        SpecError: it is not on this machine.
    """
    found = available()
    if asked == "auto":
        return found[0]
    if asked not in found:
        raise SpecError(f"there is no device {asked!r} here", expected=", ".join(found), fix="leave out --device")
    return asked


def choose_dtype(asked: str, device: str) -> torch.dtype:
    """bf16 on CUDA and XPU that have it, fp16 on other accelerators, fp32 on the CPU."""
    if asked != "auto":
        return _DTYPES[asked]
    if device == "cpu":
        return torch.float32
    if device == "mps":
        return torch.float16
    return torch.bfloat16 if device != "cuda" or torch.cuda.is_bf16_supported() else torch.float16


def fit(asked_device: str, asked_dtype: str, weights: int, width: int, height: int, free: int | None = None) -> Fit:
    """Choose dtype, offload and slicing from free memory.

    Args:
        weights: Parameters of the model, counted (not bytes).
        width, height: Of the picture.
        free: Free bytes, for tests.
    """
    device = choose_device(asked_device)
    dtype = choose_dtype(asked_dtype, device)
    free = free_bytes(device) if free is None else free
    size = torch.finfo(dtype).bits // 8
    need, work = weights * size, width * height * size * _ACTIVATION
    if need + work <= 0.9 * free:
        return Fit(device, dtype)
    if need + work / 3 <= 0.9 * free:
        return Fit(device, dtype, slicing=True)
    if device == "cpu":
        return Fit(device, dtype, slicing=True)
    return Fit(device, dtype, "model" if need / 2 + work / 3 <= 0.9 * free else "sequential", slicing=True)


def noise(shape: tuple[int, ...], seed: int, device: str | torch.device, dtype: torch.dtype) -> torch.Tensor:
    """Normal noise drawn on the CPU in fp32, so that a seed means the same on every device and in every dtype."""
    generator = torch.Generator("cpu").manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float32).to(device=device, dtype=dtype)
