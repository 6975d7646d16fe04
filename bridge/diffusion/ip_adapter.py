"""IP-Adapters: the look of a reference picture, beside the words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...procgen.errors import SpecError
from ..models import check_weights, identify, read_json, read_safetensors_header

# The first layer that reads the image encoder: plain adapters take what the picture is projected to, "plus" ones features.
_READERS = {"image_proj.proj.weight": "projection_dim", "image_proj.proj_in.weight": "hidden_size"}


def load_ip_adapter(pipe: Any, family: str, file: str) -> None:
    """Put an adapter into a pipeline, with the image encoder that lies beside it.

    Args:
        pipe: Of family "sd15" or "sdxl".
        file: The adapter's .safetensors file; its folder, or the one above, holds "image_encoder".
    Raises:
        SpecError, BridgeError: what does not fit, in one line.
    """
    path = Path(file).expanduser()
    if path.suffix != ".safetensors" or not path.is_file():
        raise SpecError("an IP-Adapter is one .safetensors file on this machine", got=file)
    if family not in ("sd15", "sdxl") or not hasattr(pipe, "load_ip_adapter"):
        raise SpecError(f"{type(pipe).__name__} takes no IP-Adapter", fix="leave out ip_adapter")
    if identify(str(path)).role != "ip_adapter":
        raise SpecError(f"{path.name!r} is no IP-Adapter", got=identify(str(path)).role)
    shapes = {k: v.get("shape", []) for k, v in read_safetensors_header(path).items()}
    wide = _fits_unet(pipe.unet, shapes, path.name)
    known = getattr(pipe, "image_encoder", None)
    if known is None:
        pipe.register_modules(image_encoder=_encoder(path, wide, pipe.unet.dtype))
    pipe.load_ip_adapter(
        str(path.parent), subfolder="", weight_name=path.name, local_files_only=True, image_encoder_folder=None
    )


def _fits_unet(unet: Any, shapes: dict[str, list[int]], name: str) -> tuple[str, int]:
    """What the adapter reads of the encoder, and how wide it is; the adapter's keys must fit the UNet's attention."""
    read = next((k for k in _READERS if k in shapes), None)
    if read is None:
        raise SpecError(
            f"{name!r} is an IP-Adapter of a kind that is not supported", expected="plain or plus",
            fix="use ip-adapter_… or ip-adapter-plus_…",
        )  # fmt: skip
    layers = [m for n, m in unet.named_modules() if n.endswith("attn2")]
    keys = sum(k.endswith("to_k_ip.weight") for k in shapes)
    first = shapes.get("ip_adapter.1.to_k_ip.weight", [0, 0])
    if keys != len(layers) or first != [layers[0].inner_kv_dim, unet.config.cross_attention_dim]:
        raise SpecError(
            f"the IP-Adapter {name!r} belongs to another family of models",
            expected=f"{len(layers)} layers that read {unet.config.cross_attention_dim} numbers",
            got=f"{keys} layers that read {first[-1]}", fix="take the adapter that was made for this base model",
        )  # fmt: skip
    return _READERS[read], int(shapes[read][-1])


def _encoder(path: Path, wide: tuple[str, int], dtype: Any) -> Any:
    from transformers import CLIPVisionModelWithProjection

    folder = next(
        (p for p in (path.parent / "image_encoder", path.parent.parent / "image_encoder") if p.is_dir()), None
    )
    if folder is None:
        beside = path.parent / "image_encoder"
        raise SpecError(f"there is no image encoder beside {path.name!r}", fix=f"copy its folder to {str(beside)!r}")
    check_weights(folder, str(folder))
    config = read_json(folder / "config.json")
    if config.get(wide[0]) != wide[1]:
        raise SpecError(
            f"{path.name!r} was made for another image encoder", expected=f"{wide[0]} {wide[1]}",
            got=f"{config.get(wide[0])} in {str(folder)!r}", fix="copy the encoder that its page names beside it",
        )  # fmt: skip
    found = CLIPVisionModelWithProjection.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, dtype=dtype
    )
    return found.eval()
