"""Jobs as ComfyUI workflows (API format), checked against what the server has before anything is sent."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from ...procgen.errors import MissingDependency, SpecError
from ..methods.control import ControlParameters
from ..protocol import Job

Workflow = dict[str, dict[str, Any]]
# Types that SetUnionControlNetType knows, by our names.
_UNION_TYPES = {
    "pose": "openpose", "depth": "depth", "normal": "normal", "semantic": "segment",
}  # fmt: skip


class Builder:
    """Collects nodes; a node is named by its number, an output by [number, slot]."""

    def __init__(self, info: Mapping[str, Any]) -> None:
        self.info = info
        self.nodes: Workflow = {}

    def add(self, kind: str, **inputs: Any) -> str:
        """A node, which the server must have."""
        need_node(self.info, kind)
        name = str(len(self.nodes) + 1)
        self.nodes[name] = {"class_type": kind, "inputs": inputs}
        return name


def need_node(info: Mapping[str, Any], kind: str) -> None:
    """Raise what names the node that a server lacks."""
    if kind not in info:
        raise MissingDependency(
            f"this ComfyUI lacks the node {kind!r}", fix="update ComfyUI, or install the custom nodes that bring it"
        )


def choices(info: Mapping[str, Any], kind: str, field: str) -> list[str]:
    """Names that an input of a node can take on this server."""
    need_node(info, kind)
    try:
        found = info[kind]["input"]["required"][field][0]
        if found == "COMBO":  # the newer description holds the names under "options"
            found = info[kind]["input"]["required"][field][1]["options"]
    except (KeyError, IndexError, TypeError):
        found = []
    return [str(v) for v in found] if isinstance(found, list) else []


def need_choice(info: Mapping[str, Any], kind: str, field: str, name: str, what: str) -> str:
    """The server's own spelling of a model's name, or an error that names the model."""
    known = choices(info, kind, field)
    for candidate in known:
        if name in (
            candidate,
            candidate.replace("\\", "/"),
            candidate.rpartition("/")[2],
            candidate.rpartition("\\")[2],
        ):
            return candidate
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.3)
    fix = (
        f"did you mean {near[0]!r}?"
        if near
        else f"put it into ComfyUI's models folder; it has: {', '.join(known) or 'none'}"
    )
    raise MissingDependency(f"this ComfyUI has no {what} {name!r}", fix=fix)


def control_workflow(job: Job, p: ControlParameters, info: Mapping[str, Any], images: Mapping[str, str]) -> Workflow:
    """The workflow of a "control" job.

    Args:
        info: The server's object_info.
        images: Input name -> name of the uploaded picture.
    Raises:
        MissingDependency: a node or a model that this server lacks.
        SpecError: what ComfyUI's own nodes cannot do.
    """
    if p.ip_adapter:
        raise SpecError("IP-Adapter has no node in ComfyUI itself", fix="use method workflow with your own workflow")
    b = Builder(info)
    need_node(info, "CheckpointLoaderSimple")
    checkpoint = need_choice(info, "CheckpointLoaderSimple", "ckpt_name", job.model, "checkpoint")
    loader = b.add("CheckpointLoaderSimple", ckpt_name=checkpoint)
    positive = [b.add("CLIPTextEncode", text=job.prompt, clip=[loader, 1]), 0]
    negative = [b.add("CLIPTextEncode", text=job.negative_prompt, clip=[loader, 1]), 0]
    positive, negative = _controls(b, p, images, loader, positive, negative)
    render = b.add("LoadImage", image=images["render"])
    latent = b.add("VAEEncode", pixels=[render, 0], vae=[loader, 2])
    if p.keep != "nothing":
        mask = b.add("LoadImageMask", image=images["mask"], channel="red")
        if p.keep == "people":
            mask = b.add("InvertMask", mask=[mask, 0])
        latent = b.add("SetLatentNoiseMask", samples=[latent, 0], mask=[mask, 0])
    sampled = b.add(
        "KSampler", model=[loader, 0], positive=positive, negative=negative, latent_image=[latent, 0], seed=job.seed,
        steps=p.steps, cfg=p.guidance, sampler_name="dpmpp_2m", scheduler="karras", denoise=p.strength,
    )  # fmt: skip
    decoded = b.add("VAEDecode", samples=[sampled, 0], vae=[loader, 2])
    b.add("PreviewImage", images=[decoded, 0])
    return b.nodes


def _controls(
    b: Builder, p: ControlParameters, images: Mapping[str, str], loader: str, positive: list[Any], negative: list[Any]
) -> tuple[list[Any], list[Any]]:
    loaded: dict[str, str] = {}
    for i, name in enumerate(p.controls):
        model = _control_model(b.info, p, i)
        if model not in loaded:
            loaded[model] = b.add("ControlNetLoader", control_net_name=model)
        net = [loaded[model], 0]
        if "union" in model.lower():
            net = [b.add("SetUnionControlNetType", control_net=net, type=_UNION_TYPES[name]), 0]
        picture = b.add("LoadImage", image=images[name])
        scale = p.scales[i if len(p.scales) > 1 else 0]
        apply = b.add(
            "ControlNetApplyAdvanced", positive=positive, negative=negative, control_net=net, image=[picture, 0],
            strength=scale, start_percent=p.control_start, end_percent=p.control_end, vae=[loader, 2],
        )  # fmt: skip
        positive, negative = [apply, 0], [apply, 1]
    return positive, negative


def _control_model(info: Mapping[str, Any], p: ControlParameters, index: int) -> str:
    name = p.controls[index]
    if p.control_models:
        asked = p.control_models[index if len(p.control_models) > 1 else 0]
        return need_choice(info, "ControlNetLoader", "control_net_name", asked, "control network")
    known = choices(info, "ControlNetLoader", "control_net_name")
    words = {"pose": ("openpose", "pose"), "semantic": ("seg",)}.get(name, (name,))
    for word in ("union", *words):
        for candidate in known:
            if word in candidate.lower():
                return candidate
    raise MissingDependency(
        f"this ComfyUI has no control network for {name!r}",
        fix=f"name one with control_models; it has: {', '.join(known) or 'none'}",
    )


def user_workflow(job: Job, text: bytes, info: Mapping[str, Any], images: Mapping[str, str]) -> Workflow:
    """A user's workflow with %prompt%, %negative_prompt%, %seed% and %pose%, %depth%, %render% … filled in.

    Raises:
        SpecError: no workflow in API format, or a placeholder that the job cannot fill.
        MissingDependency: a node that this server lacks.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise SpecError("the workflow is no JSON", fix="export it from ComfyUI with Export (API)") from None
    if (
        not isinstance(data, dict)
        or not all(isinstance(n, dict) and "class_type" in n for n in data.values())
        or not data
    ):
        raise SpecError("the workflow is not in API format", fix="export it from ComfyUI with Export (API)")
    for node in data.values():
        need_node(info, str(node["class_type"]))
    known: dict[str, Any] = {"prompt": job.prompt, "negative_prompt": job.negative_prompt, "seed": job.seed, **images}

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: fill(v) for k, v in value.items()}
        if isinstance(value, list):
            return [fill(v) for v in value]
        if not isinstance(value, str) or value.count("%") < 2:
            return value
        for name, put in known.items():
            if value == f"%{name}%":
                return put  # alone it keeps its type: a seed stays a number
            value = value.replace(f"%{name}%", str(put))
        return value

    return fill(data)
