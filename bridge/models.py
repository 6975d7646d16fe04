"""What a model is, from its files alone: family, role, size, licence. Nothing is loaded and nothing can be unpickled.

A model is a folder in diffusers' layout, one .safetensors file, the name of one on the Hugging Face hub, or "vivant", the
small joint model that ships with Vivant.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..procgen.errors import BridgeError, SpecError
from ..procgen.files import disk

_UNPICKLED = (".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle")
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_MAX_HEADER = 1 << 27
JOINT_CLASS = "JointDenoiser"
REFINER_CLASS = "StructureRefiner"
# The name under which the model that ships with Vivant goes, here and on other machines.
EMBEDDED = "vivant"
_EMBEDDED_FOLDER = Path(__file__).parent / "default_model"

# Class in model_index.json or config.json -> (family, role).
_CLASSES: dict[str, tuple[str, str]] = {
    "StableDiffusionPipeline": ("sd15", "pipeline"),
    "StableDiffusionControlNetPipeline": ("sd15", "pipeline"),
    "StableDiffusionXLPipeline": ("sdxl", "pipeline"),
    "StableDiffusionXLControlNetPipeline": ("sdxl", "pipeline"),
    "FluxPipeline": ("flux", "pipeline"),
    "QwenImagePipeline": ("qwenimage", "pipeline"),
    "ControlNetModel": ("any", "controlnet"),
    "ControlNetUnionModel": ("sdxl", "controlnet_union"),
    "FluxControlNetModel": ("flux", "controlnet"),
    "QwenImageControlNetModel": ("qwenimage", "controlnet"),
    "T2IAdapter": ("any", "t2i_adapter"),
    "UNet2DConditionModel": ("any", "unet"),
    JOINT_CLASS: ("joint", "joint"),
    REFINER_CLASS: ("any", "refiner"),
}
FAMILIES = ("sd15", "sdxl", "flux", "qwenimage")


@dataclass(frozen=True)
class Published:
    """A checkpoint that others published, for what to say before anything is fetched.

    Attributes:
        name: Name on the hub.
        family, role: As in `ModelInfo`.
        controls: What a control network is told; in the order of a union's types.
        licence: As its page states it; check there.
        about_gb: Size of the download, roughly.
    """

    name: str
    family: str
    role: str
    controls: tuple[str, ...]
    licence: str
    about_gb: float


PUBLISHED: dict[str, Published] = {
    p.name: p
    for p in (
        Published("stable-diffusion-v1-5/stable-diffusion-v1-5", "sd15", "pipeline", (), "CreativeML OpenRAIL-M", 5.5),
        Published("lllyasviel/control_v11p_sd15_openpose", "sd15", "controlnet", ("pose",), "OpenRAIL", 1.5),
        Published("lllyasviel/control_v11f1p_sd15_depth", "sd15", "controlnet", ("depth",), "OpenRAIL", 1.5),
        Published("lllyasviel/control_v11p_sd15_normalbae", "sd15", "controlnet", ("normal",), "OpenRAIL", 1.5),
        Published("lllyasviel/control_v11p_sd15_seg", "sd15", "controlnet", ("semantic",), "OpenRAIL", 1.5),
        Published("stabilityai/stable-diffusion-xl-base-1.0", "sdxl", "pipeline", (), "CreativeML Open RAIL++-M", 7.0),
        Published(
            "xinsir/controlnet-union-sdxl-1.0", "sdxl", "controlnet_union",
            ("pose", "depth", "softedge", "canny", "normal", "semantic"), "Apache-2.0", 2.5,
        ),
        Published("xinsir/controlnet-openpose-sdxl-1.0", "sdxl", "controlnet", ("pose",), "Apache-2.0", 2.5),
        Published("xinsir/controlnet-depth-sdxl-1.0", "sdxl", "controlnet", ("depth",), "Apache-2.0", 2.5),
        Published("TencentARC/t2i-adapter-openpose-sdxl-1.0", "sdxl", "t2i_adapter", ("pose",), "Apache-2.0", 0.3),
        Published("h94/IP-Adapter", "any", "ip_adapter", (), "Apache-2.0", 3.5),
        Published("Qwen/Qwen-Image", "qwenimage", "pipeline", (), "Apache-2.0", 57.0),
        Published(
            "InstantX/Qwen-Image-ControlNet-Union", "qwenimage", "controlnet", ("pose", "depth"), "Apache-2.0", 3.5
        ),
        Published("black-forest-labs/FLUX.1-dev", "flux", "pipeline", (), "FLUX.1 [dev] Non-Commercial", 34.0),
        Published(
            "Shakker-Labs/FLUX.1-dev-ControlNet-Union-Pro-2.0", "flux", "controlnet", ("pose", "depth"),
            "FLUX.1 [dev] Non-Commercial", 4.3,
        ),
    )
}  # fmt: skip

# What serves a family when the user names none: base model, and a network (or one for each control).
DEFAULT_MODEL = "stabilityai/stable-diffusion-xl-base-1.0"
DEFAULT_CONTROLS: dict[str, dict[str, str]] = {
    "sd15": {
        "pose": "lllyasviel/control_v11p_sd15_openpose",
        "depth": "lllyasviel/control_v11f1p_sd15_depth",
        "normal": "lllyasviel/control_v11p_sd15_normalbae",
        "semantic": "lllyasviel/control_v11p_sd15_seg",
    },
    "sdxl": {name: "xinsir/controlnet-union-sdxl-1.0" for name in ("pose", "depth", "normal", "semantic")},
    "qwenimage": {name: "InstantX/Qwen-Image-ControlNet-Union" for name in ("pose", "depth")},
    "flux": {name: "Shakker-Labs/FLUX.1-dev-ControlNet-Union-Pro-2.0" for name in ("pose", "depth")},
}


@dataclass(frozen=True)
class ModelInfo:
    """What a model is.

    Attributes:
        source: As the user named it.
        where: "folder", "file" or "hub".
        family: "sd15", "sdxl", "flux", "qwenimage", "joint"; "any" where only loading tells.
        role: "pipeline", "controlnet", "controlnet_union", "t2i_adapter", "ip_adapter", "unet", "joint", "refiner".
        bytes: Size of the weights here; for a hub model the rough size of the download.
        licence: As stated by the model's card, "" where it states none.
    """

    source: str
    where: str
    family: str
    role: str
    bytes: int
    licence: str = ""


def place(model: str | Path) -> Path:
    """Where a model lies; "vivant" is the one that ships with Vivant."""
    return _EMBEDDED_FOLDER if str(model) == EMBEDDED else Path(model).expanduser()


def identify(model: str) -> ModelInfo:
    """Look at a model's files.

    Raises:
        SpecError: no such model, an unknown architecture, or files that would have to be unpickled.
        BridgeError: a truncated file.
    """
    path = place(model)
    if path.is_dir():
        return _folder(model, path)
    if path.suffix.lower() in _UNPICKLED:
        raise SpecError(
            f"{model!r} would have to be unpickled, which can run anything that its author put there",
            fix="use the .safetensors version of the same model",
        )
    if path.is_file():
        if path.suffix.lower() != ".safetensors":
            raise SpecError(f"{model!r} is no model", expected="a folder, a .safetensors file or a hub name")
        keys = set(read_safetensors_header(path))
        family, role = _family_of_keys(keys, model)
        return ModelInfo(model, "file", family, role, path.stat().st_size)
    if _HUB.fullmatch(model) and not model.startswith(("./", "../", "~")):
        known = PUBLISHED.get(model)
        if known is None:
            return ModelInfo(model, "hub", "any", "any", 0)
        return ModelInfo(model, "hub", known.family, known.role, int(known.about_gb * 1e9), known.licence)
    near = difflib.get_close_matches(path.name, os.listdir(path.parent) if path.parent.is_dir() else (), n=1)
    fix = f"did you mean {str(path.parent / near[0])!r}?" if near else "check the path"
    raise SpecError(f"there is no model at {model!r}", expected="a folder, a .safetensors file or a hub name", fix=fix)


def _folder(model: str, path: Path) -> ModelInfo:
    config = read_config(path)
    name = str(config.get("_class_name", ""))
    if name not in _CLASSES:
        raise SpecError(
            f"{model!r} holds a model of an unknown architecture", expected=f"one of {', '.join(sorted(_CLASSES))}",
            got=name or "no _class_name", fix="see docs/synthesis.md for what is supported",
        )  # fmt: skip
    family, role = _CLASSES[name]
    if role == "refiner":
        family = str(config.get("family"))
    parts = [path]
    if role == "pipeline":
        parts = [
            path / k for k, v in config.items() if isinstance(v, list) and len(v) == 2 and v[0] and _weighted(v[1])
        ]
    total = sum(check_weights(part, model) for part in parts)
    return ModelInfo(model, "folder", family, role, total, _licence(path))


def _weighted(class_name: Any) -> bool:
    text = str(class_name)
    return not any(
        part in text for part in ("Tokenizer", "Scheduler", "Processor", "FeatureExtractor", "SafetyChecker")
    )


def check_weights(folder: Path, model: str) -> int:
    """Bytes of the safetensors files of one component, each with a whole header and a whole body."""
    if not folder.is_dir():
        raise SpecError(f"{model!r} lacks its part {folder.name!r}", fix="download the model again")
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        pickled = [f.name for f in sorted(folder.iterdir()) if f.suffix in _UNPICKLED]
        if pickled:
            raise SpecError(
                f"{model!r} has only {pickled[0]!r} in {folder.name!r}, which would have to be unpickled",
                fix="use a version of the model with .safetensors weights",
            )
        raise SpecError(f"{model!r} has no weights in {folder.name!r}", fix="download the model again")
    for index in folder.glob("*.safetensors.index.json"):
        named = set(read_json(index).get("weight_map", {}).values())
        lacking = sorted(n for n in named if not (folder / str(n)).is_file())
        if lacking:
            raise SpecError(f"{model!r} lacks {lacking[0]!r} of {folder.name!r}", fix="download the model again")
    for file in files:
        read_safetensors_header(file)
    return sum(f.stat().st_size for f in files)


def read_config(folder: Path) -> dict[str, Any]:
    """model_index.json or config.json of a model folder."""
    for name in ("model_index.json", "config.json"):
        if (folder / name).is_file():
            return read_json(folder / name)
    raise SpecError(
        f"{str(folder)!r} is no model folder: it has no model_index.json and no config.json",
        fix="give the folder in diffusers' layout, or a .safetensors file",
    )


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a model's folder."""
    with disk("read", path):
        text = path.read_bytes()
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise SpecError(f"{str(path)!r} is no JSON", fix="download the model again") from None
    if not isinstance(data, dict):
        raise SpecError(f"{str(path)!r} holds no object", fix="download the model again")
    return data


def read_safetensors_header(path: Path) -> dict[str, Any]:
    """Names, types and shapes of the tensors of a file, which must be as long as its header says.

    Raises:
        BridgeError: the file is truncated or no safetensors file.
    """
    with disk("read", path), open(path, "rb") as f:
        size = os.fstat(f.fileno()).st_size
        head = f.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        text = f.read(length) if 0 < length <= min(_MAX_HEADER, size) else b""
    try:
        header = json.loads(text)
        ends = [v["data_offsets"][1] for k, v in header.items() if k != "__metadata__"]
        need = 8 + length + max(ends, default=0)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        raise BridgeError(f"{str(path)!r} is no safetensors file, or is cut short", fix="download it again") from None
    if size < need:
        raise BridgeError(
            f"{str(path)!r} is cut short", expected=f"{need} bytes", got=f"{size} bytes", fix="download it again"
        )
    return {k: v for k, v in header.items() if k != "__metadata__"}


def _family_of_keys(keys: set[str], model: str) -> tuple[str, str]:
    def has(prefix: str) -> bool:
        return any(k.startswith(prefix) for k in keys)

    if has("conditioner.embedders.1."):
        return "sdxl", "pipeline"
    if has("cond_stage_model.transformer."):
        return "sd15", "pipeline"
    if has("model.diffusion_model.double_blocks.") or has("double_blocks."):
        return "flux", "pipeline"
    if has("control_add_embedding.") or has("task_embedding"):
        return "sdxl", "controlnet_union"
    if has("controlnet_cond_embedding.") or has("control_model.") or has("input_hint_block."):
        return "any", "controlnet"
    if has("adapter.body."):
        return "any", "t2i_adapter"
    if any("ip_adapter." in k for k in keys):
        return "any", "ip_adapter"
    raise SpecError(
        f"{model!r} holds a model of an unknown architecture", expected="SD 1.5, SDXL, FLUX or a control network",
        got=f"tensors such as {min(keys)!r}" if keys else "no tensors", fix="see docs/synthesis.md for what is supported",
    )  # fmt: skip


def _licence(folder: Path) -> str:
    card = folder / "README.md"
    if not card.is_file():
        return ""
    with disk("read", card):
        head = card.read_bytes()[:20000].decode("utf-8", "replace")
    found = re.search(r"^licen[sc]e(?:_name)?:\s*(\S.*)$", head, re.MULTILINE)
    return found[1].strip() if found else ""


def fingerprint(model: str) -> str:
    """A text that changes when the model does: configuration, names, sizes and times of its weights, not its place."""
    path = place(model)
    digest = hashlib.sha256()
    if path.is_file():
        stat = path.stat()
        digest.update(f"{stat.st_size} {stat.st_mtime_ns}".encode())
    elif path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.suffix in (".json", ".safetensors")):
            stat = file.stat()
            content = file.read_bytes() if file.suffix == ".json" and stat.st_size < 1 << 20 else b""
            digest.update(f"{file.relative_to(path).as_posix()} {stat.st_size} {stat.st_mtime_ns}".encode() + content)
    else:
        digest.update(model.encode())
    return digest.hexdigest()


def fingerprint_all(model: str, parts: tuple[str, ...] = ()) -> str:
    """Of a model and the networks that go with it: a retrained network gives other pictures under the same name."""
    if not parts:
        return fingerprint(model) if model else ""
    return hashlib.sha256(" ".join(fingerprint(m) for m in (model, *parts)).encode()).hexdigest()


def before_download(info: ModelInfo) -> str:
    """What a user should know before a hub model is fetched: name, size, licence."""
    size = f"about {info.bytes / 1e9:.1f} GB" if info.bytes else "of a size that its page states"
    licence = f"licence {info.licence}" if info.licence else "under the licence that its page states"
    return f"{info.source} ({size}, {licence})"


def control_defaults(family: str, controls: tuple[str, ...]) -> Mapping[str, str]:
    """Published networks for controls of a family.

    Raises:
        SpecError: none is published for one of them.
    """
    known = DEFAULT_CONTROLS.get(family, {})
    for name in controls:
        if name not in known:
            raise SpecError(
                f"no published control network of family {family!r} takes {name!r}",
                expected=", ".join(known) or "none", fix="name your own with control_models, or leave that control out",
            )  # fmt: skip
    return {name: known[name] for name in controls}
