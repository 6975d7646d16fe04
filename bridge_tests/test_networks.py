"""FID, KID and CLIP score: with a tiny CLIP of the real class, and with the real Inception class where it is installed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from vivant.addon import cli
from vivant.bridge.measure.networks import Networks, clip_scorer, inception_features, published_inception
from vivant.bridge.synthesize import read_run
from vivant.bridge_tests.tiny import tiny_tokenizer
from vivant.procgen.dataset import Dataset
from vivant.procgen.errors import VivantError
from vivant.tests import sample_dataset


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    root = tmp_path_factory.mktemp("clip")
    torch.manual_seed(0)
    text = {"vocab_size": 86, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
            "max_position_embeddings": 20, "bos_token_id": 84, "eos_token_id": 85, "pad_token_id": 85}  # fmt: skip
    sight = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 16,
             "patch_size": 8}  # fmt: skip
    CLIPModel(CLIPConfig(text_config=text, vision_config=sight, projection_dim=12)).save_pretrained(root)
    tiny_tokenizer(root).save_pretrained(root)
    CLIPImageProcessor(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16}).save_pretrained(root)
    return root


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """With a run of method passthrough: its pictures are the renders."""
    root = sample_dataset.make_dataset(tmp_path_factory.mktemp("networks") / "ds")
    cache = str(root.parent / "cache")
    assert cli.run(["synthesize", str(root), "--method", "passthrough", "--cache", cache, "--quiet"]) == 0
    return Dataset(root)


def test_the_clip_score_is_a_hundred_cosines(clip: Path) -> None:
    score = clip_scorer(clip)
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (h, 20, 3), dtype=np.uint8) for h in (16, 31)]
    captions = ["a man", "a woman in a hat that is longer than any window of this encoder"]
    both = score(pictures, captions)
    alone = [score([p], [c]) for p, c in zip(pictures, captions, strict=True)]
    assert both == pytest.approx(np.mean(alone))
    from transformers import CLIPModel, CLIPProcessor

    words = CLIPProcessor.from_pretrained(clip)(text="a man", images=pictures[0], return_tensors="pt")
    with torch.no_grad():
        logits = CLIPModel.from_pretrained(clip)(**words)
    expected = float(logits.logits_per_image) / float(CLIPModel.from_pretrained(clip).logit_scale.exp())
    assert alone[0] == pytest.approx(max(100 * expected, 0.0), abs=1e-3)


def test_without_weights_each_is_skipped_with_one_line(
    dataset: Dataset, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["measure", str(dataset.root), "--detector", "none"]
    assert cli.run(argv) == 0
    said = capsys.readouterr().out.splitlines()
    assert sum("fid, kid skipped: no weights: --inception" in line for line in said) == 1
    assert sum("clip skipped: no weights: --clip" in line for line in said) == 1
    assert cli.run([*argv, "--clip", str(clip), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert 0 <= found["overall"]["clip"] <= 100 and "clip" in found["networks"] and "clip" not in found["skipped"]
    assert "fid" not in found["overall"]


def test_weights_that_are_others(dataset: Dataset, clip: Path, tmp_path: Path) -> None:
    other = tmp_path / "inception.pth"
    torch.save({"x": torch.zeros(1)}, other)
    pickled = tmp_path / "clip"
    pickled.mkdir()
    (pickled / "config.json").write_text('{"model_type": "clip"}')
    (pickled / "pytorch_model.bin").write_bytes(b"\x80\x02}.")
    made = read_run(dataset, "passthrough")
    for networks, words in (
        (Networks(inception=tmp_path / "none.pth"), "no Inception weights.*torch-fidelity"),
        (Networks(inception=other), "is not the network that FID means"),
        (Networks(inception=other, against=tmp_path / "nowhere"), "no folder of real pictures"),
        (Networks(clip=dataset.root), "no config.json"),
        (Networks(clip=pickled), "would have to be unpickled"),
    ):
        with pytest.raises(VivantError, match=words) as caught:
            networks.measure(made)
        assert "\n" not in str(caught.value)
    with pytest.raises(VivantError, match="is not the network"):
        published_inception(other)


def test_fid_of_a_set_with_itself_through_the_real_network(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its class with random weights; the published ones are not on the machine that tests."""
    module = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
    from vivant.bridge.measure import networks

    class Bare(module.FeatureExtractorInceptionV3):
        def load_state_dict(self, *_: object, **__: object) -> None:
            """Stay as made."""

    with monkeypatch.context() as patch:
        patch.setattr(module.torch, "load", lambda *a, **k: {})
        weights = Bare("random", ["2048"], feature_extractor_weights_path="none").state_dict()
    assert inception_features(weights)([np.zeros((30, 20, 3), np.uint8)] * 2).shape == (2, 2048)
    monkeypatch.setattr(networks, "published_inception", lambda file: weights)
    found, _ = Networks(inception=Path("x")).measure(read_run(dataset, "passthrough"))
    assert found["fid"] == pytest.approx(0, abs=1e-6)
