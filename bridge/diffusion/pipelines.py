"""Image models from a folder, a file or the hub, with the control networks that go with them. Nothing is unpickled."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import diffusers
import torch
from diffusers import DiffusionPipeline

from ...procgen.errors import BridgeError, MissingDependency, SpecError
from ..models import ModelInfo, before_download, control_defaults, identify
from .devices import Fit
from .refiner import load_refiner

# (family, kind of network) -> task -> class. A task that is not listed cannot be done with that network.
_PIPELINES: dict[tuple[str, str], dict[str, str]] = {
    ("sd15", ""): {
        "text": "StableDiffusionPipeline",
        "image": "StableDiffusionImg2ImgPipeline",
        "inpaint": "StableDiffusionInpaintPipeline",
    },
    ("sd15", "controlnet"): {
        "text": "StableDiffusionControlNetPipeline",
        "image": "StableDiffusionControlNetImg2ImgPipeline",
        "inpaint": "StableDiffusionControlNetInpaintPipeline",
    },
    ("sd15", "t2i_adapter"): {"text": "StableDiffusionAdapterPipeline"},
    ("sdxl", ""): {
        "text": "StableDiffusionXLPipeline",
        "image": "StableDiffusionXLImg2ImgPipeline",
        "inpaint": "StableDiffusionXLInpaintPipeline",
    },
    ("sdxl", "controlnet"): {
        "text": "StableDiffusionXLControlNetPipeline",
        "image": "StableDiffusionXLControlNetImg2ImgPipeline",
        "inpaint": "StableDiffusionXLControlNetInpaintPipeline",
    },
    ("sdxl", "controlnet_union"): {
        "text": "StableDiffusionXLControlNetUnionPipeline",
        "image": "StableDiffusionXLControlNetUnionImg2ImgPipeline",
        "inpaint": "StableDiffusionXLControlNetUnionInpaintPipeline",
    },
    ("sdxl", "t2i_adapter"): {"text": "StableDiffusionXLAdapterPipeline"},
    ("flux", ""): {"text": "FluxPipeline", "image": "FluxImg2ImgPipeline", "inpaint": "FluxInpaintPipeline"},
    ("flux", "controlnet"): {
        "text": "FluxControlNetPipeline",
        "image": "FluxControlNetImg2ImgPipeline",
        "inpaint": "FluxControlNetInpaintPipeline",
    },
    ("qwenimage", ""): {
        "text": "QwenImagePipeline",
        "image": "QwenImageImg2ImgPipeline",
        "inpaint": "QwenImageInpaintPipeline",
    },
    ("qwenimage", "controlnet"): {"text": "QwenImageControlNetPipeline"},
}
_NETWORKS = {
    ("sd15", "controlnet"): "ControlNetModel",
    ("sdxl", "controlnet"): "ControlNetModel",
    ("sdxl", "controlnet_union"): "ControlNetUnionModel",
    ("sd15", "t2i_adapter"): "T2IAdapter",
    ("sdxl", "t2i_adapter"): "T2IAdapter",
    ("flux", "controlnet"): "FluxControlNetModel",
    ("qwenimage", "controlnet"): "QwenImageControlNetModel",
}
_MULTI = {
    ("sd15", "controlnet"): "MultiControlNetModel",
    ("sdxl", "controlnet"): "MultiControlNetModel",
    ("sd15", "t2i_adapter"): "MultiAdapter",
    ("sdxl", "t2i_adapter"): "MultiAdapter",
    ("flux", "controlnet"): "FluxMultiControlNetModel",
    ("qwenimage", "controlnet"): "QwenImageMultiControlNetModel",
}


@contextlib.contextmanager
def _loading(info: ModelInfo, download: bool) -> Iterator[None]:
    """What goes wrong while a model loads, in one line."""
    try:
        yield
    except (SpecError, BridgeError, MissingDependency):
        raise
    except torch.OutOfMemoryError:
        raise
    except Exception as e:
        said = " ".join(str(e).split())[:200]
        if info.where == "hub" and not download:
            raise MissingDependency(
                f"{before_download(info)} is not on this machine",
                fix=f"allow the download (--download; it goes to {_hub_cache()}), or give a folder that has it",
            ) from None
        if info.where == "hub" or "offline" in said.lower() or "connect" in said.lower():
            raise BridgeError(
                f"cannot fetch what {before_download(info)} needs", got=said,
                fix=f"check the network, or copy it to {_hub_cache()} from a machine that has it",
            ) from None  # fmt: skip
        raise BridgeError(
            f"{info.source!r} cannot be loaded", got=said, fix="download it again; the log says more"
        ) from None


def _hub_cache() -> str:
    from huggingface_hub.constants import HF_HUB_CACHE

    return str(HF_HUB_CACHE)


def load_base(model: str, dtype: torch.dtype, download: bool = False) -> tuple[Any, str]:
    """An image model and its family.

    Args:
        model: Folder, .safetensors file or hub name.
        dtype: Of its weights.
        download: Whether a hub model may be fetched.
    Raises:
        SpecError, BridgeError, MissingDependency: what is wrong with it, in one line.
    """
    info = identify(model)
    if info.role not in ("pipeline", "any"):
        raise SpecError(f"{model!r} is a {info.role}, not an image model", fix="name the base model it belongs to")
    with _loading(info, download):
        if info.where == "file":
            cls = getattr(diffusers, _PIPELINES[(info.family, "")]["text"])
            # Configuration and tokenizer come from the hub's cache: a single file holds weights alone.
            pipe = cls.from_single_file(model, torch_dtype=dtype, local_files_only=not download)
        else:
            pipe = DiffusionPipeline.from_pretrained(
                model, torch_dtype=dtype, use_safetensors=True, local_files_only=info.where == "folder" or not download,
                **_without_checker(info),
            )  # fmt: skip
    family = info.family if info.family != "any" else _family_of(pipe, model)
    return pipe, family


def _without_checker(info: ModelInfo) -> dict[str, Any]:
    # The checker of SD 1.5 blacks out pictures of harmless people now and then, without a word to the caller.
    return {"safety_checker": None, "requires_safety_checker": False} if info.family == "sd15" else {}


def _family_of(pipe: Any, model: str) -> str:
    name = type(pipe).__name__
    for (family, kind), tasks in _PIPELINES.items():
        if not kind and name in tasks.values():
            return family
    raise SpecError(f"{model!r} holds a {name}, which is not supported", fix="see docs/synthesis.md for what is")


def load_networks(
    family: str, controls: Sequence[str], models: Sequence[str], dtype: torch.dtype, download: bool = False
) -> tuple[Any, str]:
    """The control network of a stack and its kind ("controlnet", "controlnet_union", "t2i_adapter", "refiner"; "" for none).

    Args:
        family: Of the base model.
        controls: Names of the label pictures.
        models: One for each control, or one for all; the published ones of the family when empty.
    """
    if not controls:
        return None, ""
    if any(_is_refiner(name) for name in models):
        return _load_refiner(family, models, dtype), "refiner"
    names = list(models) or list(control_defaults(family, tuple(controls)).values())
    if len(set(names)) == 1:
        names = names[:1]
    infos = [identify(name) for name in names]
    kinds = {i.role if i.role != "any" else "controlnet" for i in infos}
    if len(kinds) > 1:
        raise SpecError("control networks of different kinds cannot be mixed", got=", ".join(sorted(kinds)))
    kind = kinds.pop()
    if (family, kind) not in _NETWORKS:
        raise SpecError(
            f"{names[0]!r} is a {kind}, which does not go with a model of family {family!r}",
            expected=", ".join(k for f, k in _NETWORKS if f == family) or "no control networks",
        )
    cls = getattr(diffusers, _NETWORKS[(family, kind)])
    nets = [_load_network(cls, info, dtype, download) for info in infos]
    if kind == "controlnet_union":
        nets[0].register_forward_hook(_silent_at_zero, with_kwargs=True)
    if kind == "controlnet_union" or len(controls) == 1:
        return nets[0], kind
    if family == "qwenimage":  # its class for several pictures takes one network for all of them
        if len(nets) > 1:
            raise SpecError(
                "Qwen-Image takes one union network for all controls",
                got=", ".join(names),
                fix="name one, or one control",
            )
    elif len(nets) == 1:  # one network for several pictures: its weights are shared
        nets = nets * len(controls)
    return _multi(family, kind)(nets), kind


def _is_refiner(model: str) -> bool:
    return identify(model).role == "refiner"


def _load_refiner(family: str, models: Sequence[str], dtype: torch.dtype) -> Any:
    if len(set(models)) > 1:
        raise SpecError("a refiner hears all label pictures itself", got=", ".join(models), fix="name it alone")
    info = identify(models[0])
    if info.family != family:
        raise SpecError(f"{info.source!r} refines models of family {info.family!r}", got=family)
    return load_refiner(info.source, dtype)


def _silent_at_zero(net: Any, args: Any, given: dict[str, Any], out: Any) -> Any:
    """With several pictures diffusers weighs these alone, and what the network says without any would stay."""
    scales = given["conditioning_scale"]
    if any(scales if isinstance(scales, list) else [scales]):
        return out
    return [torch.zeros_like(d) for d in out[0]], torch.zeros_like(out[1])


def _load_network(cls: Any, info: ModelInfo, dtype: torch.dtype, download: bool) -> Any:
    with _loading(info, download):
        if info.where == "file":
            return cls.from_single_file(info.source, torch_dtype=dtype, local_files_only=not download)
        net = cls.from_pretrained(
            info.source, torch_dtype=dtype, use_safetensors=True,
            local_files_only=info.where == "folder" or not download,
        )  # fmt: skip
        return net.eval()


def _multi(family: str, kind: str) -> Any:
    name = _MULTI[(family, kind)]
    if name == "MultiControlNetModel":  # the only one that diffusers does not export
        from diffusers.models.controlnets.multicontrolnet import MultiControlNetModel

        return MultiControlNetModel
    return getattr(diffusers, name)


def pipeline_for(base: Any, family: str, kind: str, task: str, network: Any = None) -> Any:
    """A pipeline for a task that shares the base's weights.

    Args:
        kind: Of the network, "" for none.
        task: "text", "image" (image to image) or "inpaint".
    Raises:
        SpecError: no such pipeline is there.
    """
    tasks = _PIPELINES.get((family, "controlnet" if kind == "refiner" else kind), {})
    if task not in tasks:
        raise SpecError(
            f"{kind or 'no network'} with family {family!r} cannot do {task!r}", expected=", ".join(tasks) or "nothing",
            fix="strength 1 and keep nothing need only 'text'",
        )  # fmt: skip
    cls = getattr(diffusers, tasks[task])
    if network is None and type(base) is cls:
        return base
    # Not cls.from_pipe: it casts everything to fp32, or to one dtype what must stay fp32.
    given = {**base.config, **base.components, "adapter" if kind == "t2i_adapter" else "controlnet": network}
    return cls(**{k: v for k, v in given.items() if k in inspect.signature(cls.__init__).parameters})


def place(pipe: Any, fit: Fit) -> None:
    """Put a pipeline on its device in the way that fits its memory."""
    pipe.set_progress_bar_config(disable=True)
    if fit.offload == "model":
        pipe.enable_model_cpu_offload(device=fit.device)
    elif fit.offload == "sequential":
        pipe.enable_sequential_cpu_offload(device=fit.device)
    else:
        pipe.to(fit.device)
    if fit.slicing:
        with contextlib.suppress(AttributeError, NotImplementedError, ValueError):  # not every family has it
            pipe.enable_attention_slicing()
        for name in ("enable_slicing", "enable_tiling"):
            with contextlib.suppress(AttributeError, NotImplementedError):
                getattr(pipe.vae, name)()
