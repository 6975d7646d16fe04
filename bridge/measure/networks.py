"""FID, KID and CLIP score of a run, with published networks whose weights the user has on this machine.

Each of these names means one network: FID and KID the Inception of 2015 in torch-fidelity's port, recognised by its SHA-256;
CLIP score the CLIP model that the user names, whose name is reported with it. Nothing is fetched and nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...procgen.errors import DatasetError, MissingDependency, SpecError
from ...procgen.files import disk
from ..lift.picture import read_photograph
from ..models import check_weights, read_config
from ..pictures import read_picture
from ..synthesize import SynthesisedFrame
from .distances import frechet_distance, kernel_distance

INCEPTION = "weights-inception-2015-12-05-6726825d.pth"
_INCEPTION_SHA256 = "6726825d"  # its beginning, which the file's name repeats
_PHOTOGRAPHS = (".png", ".jpg", ".jpeg", ".webp")
Say = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Networks:
    """What is measured, and against what.

    Attributes:
        inception: torch-fidelity's file of Inception weights; without it FID and KID are skipped.
        clip: Folder of a CLIP model in transformers' layout; without it the CLIP score is skipped.
        against: Folder of real pictures for FID and KID; the renders of the same frames when left out.
    """

    inception: Path | None = None
    clip: Path | None = None
    against: Path | None = None

    def measure(
        self, made: Sequence[SynthesisedFrame], say: Say | None = None
    ) -> tuple[dict[str, float], dict[str, str]]:
        """ "fid", "kid" and "clip" of a run's pictures, and why those that are not there were skipped.

        Raises:
            SpecError, MissingDependency, DatasetError: what was asked for and cannot be measured.
        """
        values, skipped = {}, {}
        pictures = [p for item in made if (p := item.path("rgb")) is not None]
        if self.inception is None:
            skipped["fid, kid"] = f"no weights: --inception {INCEPTION} (from the releases of torch-fidelity)"
        else:
            others, what = self._others(made)
            features = inception_features(published_inception(self.inception))
            a = features([read_picture(p) for p in pictures], say)
            b = features([read_photograph(p).rgb for p in others], say)
            if min(len(a), len(b)) < 2:
                raise DatasetError(f"FID needs two pictures and two of {what}", got=f"{len(a)} and {len(b)}")
            values |= {"fid": frechet_distance(a, b), "kid": kernel_distance(a, b)}
        if self.clip is None:
            skipped["clip"] = "no weights: --clip FOLDER of a CLIP model in transformers' layout"
        else:
            score = clip_scorer(self.clip)
            captions = [item.source.caption for item in made if item.path("rgb") is not None]
            values["clip"] = score([read_picture(p) for p in pictures], captions, say)
        return values, skipped

    def facts(self) -> dict[str, str]:
        """Which networks made the figures, and what the pictures were compared with."""
        found = {}
        if self.inception is not None:
            found["fid, kid"] = f"{INCEPTION}, against {'the renders' if self.against is None else self.against}"
        if self.clip is not None:
            found["clip"] = clip_name(self.clip)
        return found

    def _others(self, made: Sequence[SynthesisedFrame]) -> tuple[list[Path], str]:
        if self.against is None:
            return [item.source.path("rgb") for item in made], "the renders"
        if not self.against.is_dir():
            raise SpecError("there is no folder of real pictures", got=self.against, fix="--against FOLDER")
        found = sorted(p for p in self.against.rglob("*") if p.suffix.lower() in _PHOTOGRAPHS)
        return found, str(self.against)


# -- Inception -----------------------------------------------------------------------------------------------------------
def published_inception(file: Path) -> dict[str, Any]:
    """Tensors of torch-fidelity's weights.

    Raises:
        SpecError: no file, or another one: what it gave would be no FID.
        MissingDependency: this Python has no torch.
    """
    if not file.is_file():
        raise SpecError(
            "there are no Inception weights", got=file, fix=f"{INCEPTION}, from the releases of torch-fidelity"
        )
    with disk("read", file), open(file, "rb") as f:
        found = hashlib.file_digest(f, "sha256").hexdigest()
    if not found.startswith(_INCEPTION_SHA256):
        raise SpecError(
            f"{file.name!r} is not the network that FID means", expected=f"{INCEPTION} (SHA-256 {_INCEPTION_SHA256}…)",
            got=f"SHA-256 {found[:8]}…", fix="download it again",
        )  # fmt: skip
    return _torch().load(file, map_location="cpu", weights_only=True)


def inception_features(weights: dict[str, Any]) -> Callable[..., np.ndarray]:
    """A function from pictures (H, W, 3) uint8 of any sizes to (N, 2048) features, by torch-fidelity's network."""
    torch = _torch()
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ModuleNotFoundError as e:
        raise MissingDependency(f"FID and KID need {e.name}", fix="pip install 'vivant[fid]'") from None
    except RuntimeError as e:  # torchvision beside a torch that it was not built for
        raise MissingDependency(
            "torch-fidelity cannot be loaded", got=str(e)[:200], fix="install torch and torchvision of one release"
        ) from None
    with tempfile.TemporaryDirectory() as place:  # its class reads files without a care; this one we wrote ourselves
        file = Path(place) / "weights.pth"
        torch.save(weights, file)
        network = FeatureExtractorInceptionV3("vivant", ["2048"], feature_extractor_weights_path=str(file))

    def features(pictures: Sequence[np.ndarray], say: Say | None = None) -> np.ndarray:
        rows = []
        for i, rgb in enumerate(pictures):
            if say is not None:
                say(i, len(pictures), "features")
            pixels = torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))[None]
            with torch.no_grad():
                rows.append(network(pixels)[0][0].double().numpy())
        return np.stack(rows) if rows else np.zeros((0, 2048))

    return features


# -- CLIP ----------------------------------------------------------------------------------------------------------------
def clip_name(folder: Path) -> str:
    """What a CLIP model calls itself."""
    return str(read_config(folder).get("_name_or_path") or folder.name)


def clip_scorer(folder: Path) -> Callable[..., float]:
    """A function from pictures and captions to their mean CLIP score: 100 times the cosine, not below 0.

    Source: Hessel et al. 2021, in the scale that diffusion papers use.


    Raises:
        SpecError: no CLIP model, or one that would have to be unpickled.
    """
    if read_config(folder).get("model_type") != "clip":
        raise SpecError(f"{str(folder)!r} is no CLIP model", got=read_config(folder).get("model_type"))
    check_weights(folder, str(folder))
    torch = _torch()
    try:
        from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizer
    except ModuleNotFoundError as e:
        raise MissingDependency(f"the CLIP score needs {e.name}", fix="pip install 'vivant[synth]'") from None
    model = CLIPModel.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()
    tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    processor = CLIPImageProcessor.from_pretrained(folder, local_files_only=True)

    def score(pictures: Sequence[np.ndarray], captions: Sequence[str], say: Say | None = None) -> float:
        found = []
        for i, (rgb, caption) in enumerate(zip(pictures, captions, strict=True)):
            if say is not None:
                say(i, len(pictures), "CLIP")
            pixels = processor(images=rgb, return_tensors="pt")
            words = tokenizer(caption, truncation=True, return_tensors="pt")
            with torch.no_grad():
                out = model(**words, **pixels)
            near = torch.cosine_similarity(out.image_embeds, out.text_embeds)
            found.append(100 * max(float(near), 0.0))
        return float(np.mean(found))

    return score


def _torch() -> Any:
    try:
        import torch
    except ModuleNotFoundError:
        raise MissingDependency("FID, KID and CLIP need torch", fix="pip install 'vivant[synth]'") from None
    return torch
