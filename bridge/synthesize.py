"""A dataset through a method: one picture for each frame, resumable, each with a record of how it was made.

    DATASET/synthesis/NAME/
      synthesis.json           method, model, prompt, parameters, seed: a rerun must ask for the same
      beside.png               some frames: render, skeletons, what was made
      frames/000000_00/        rgb.png …, record.json (prompt, seed, facts, hashes, and what `vivant measure` found)

A frame's folder appears by renaming; a rerun makes what is missing and leaves the rest as it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..procgen.dataset import Dataset, Frame
from ..procgen.dataset.lock import Lock
from ..procgen.dataset.store import parse_frame_id
from ..procgen.errors import BridgeError, DatasetError, MissingDependency, SpecError, VivantError
from ..procgen.files import disk, read_bytes, replace_bytes, sha256_file, write_bytes
from ..procgen.seeds import Seed
from .client import Backend, run_job
from .frame_inputs import UserFiles, family_of, frame_inputs
from .methods import methods
from .models import EMBEDDED, fingerprint_all, identify, place
from .outcome import Report
from .prompts import compose
from .protocol import Job, Result
from .skeleton import square_window

SYNTHESIS_VERSION = 1
HEADER, RECORD = "synthesis.json", "record.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MAX = 1 << 26


@dataclass(frozen=True)
class SynthesizeOptions:
    """What to make of a dataset.

    Attributes:
        method: A name that `vivant list methods` prints; "" for what suits the model, and without one for "joint".
        model: Folder, file or hub name, "vivant" for the small joint model that ships, which is also what "joint" takes when
            it is ""; "" for methods that need none.
        prompt: Instead of the frame's caption; "{caption}" in it is replaced by it.
        negative_prompt: What to avoid, besides what the style avoids.
        style: A name of `prompts.STYLES`.
        seed: Root of the seed tree; each frame gets a child of its own.
        name: Folder of the run within DATASET/synthesis.
        parameters: Of the method.
        frames: Only frames whose names start with one of these; all when empty.
        files: Reference picture, workflow.
        device, dtype, download: As for `Job`.
    """

    method: str = ""
    model: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    style: str = "photo"
    seed: int = 0
    name: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    frames: tuple[str, ...] = ()
    files: UserFiles = UserFiles()
    device: str = "auto"
    dtype: str = "auto"
    download: bool = False

    def settled(self) -> SynthesizeOptions:
        """The same with a method and a model where the user left them out."""
        method = self.method
        if not method:
            folder = self.model not in ("", EMBEDDED) and place(self.model).is_dir()
            joint = self.model in ("", EMBEDDED) or (folder and identify(self.model).role == "joint")
            method = "joint" if joint else "control"
        return replace(self, method=method, model=self.model or (EMBEDDED if method == "joint" else ""))

    def header(self) -> dict[str, Any]:
        """What decides the pictures, for synthesis.json."""
        entry = methods.get(self.method)
        cls: Any = entry.spec
        parameters = cls.from_dict(dict(self.parameters), where=self.method)
        if parameters.needs_model and not self.model:
            raise SpecError(f"method {self.method!r} needs a model", fix="--model FOLDER, FILE.safetensors or hub name")
        compose("", self.prompt, self.style, self.negative_prompt)
        return {
            "format": "vivant-synthesis", "schema_version": SYNTHESIS_VERSION, "method": self.method, "model": self.model,
            "prompt": self.prompt, "negative_prompt": self.negative_prompt, "style": self.style, "seed": self.seed,
            "parameters": parameters.to_dict(),
            "model_fingerprint": fingerprint_all(self.model, parameters.parts()),
            **{k: sha256_file(v) for k, v in vars(self.files).items() if v is not None},
        }  # fmt: skip


Progress = Callable[[int, int, str, int, int, str], None]


def synthesize(
    dataset: Dataset, options: SynthesizeOptions, backend: Backend, progress: Progress | None = None
) -> Report:
    """Make the pictures that are missing.

    Args:
        dataset: Rendered frames.
        options: What to make.
        backend: Where it is made; stays open, so that its model stays loaded for the next call.
        progress: Called with (frames done, frames in all, frame, step, steps, text); may raise to stop.
    Returns:
        What was made; frames that failed are in it, and the others go on.
    Raises:
        VivantError: what would go wrong with every frame.
    """
    options = options.settled()
    header = options.header()
    root = run_folder(dataset, options.name or options.method)
    names = [n for n in dataset.names if not options.frames or n.startswith(options.frames)]
    if not names:
        raise DatasetError(f"{str(dataset.root)!r} has no such frames", got=", ".join(options.frames) or "none at all")
    with disk("create", root):
        (root / "frames").mkdir(parents=True, exist_ok=True)
    lock = Lock.take(root / ".lock", f"the synthesis {str(root)!r}")
    report = Report(root)
    try:
        _begin(root, header)
        for i, name in enumerate(names):
            if (root / "frames" / name / RECORD).is_file():
                report.kept.append(name)
                continue
            say = _reporter(progress, i, len(names), name)
            try:
                _make(dataset[name], options, header, backend, root, say)
                report.made.append(name)
            except (SpecError, MissingDependency):
                raise  # it would be the same with every frame
            except VivantError as e:
                if not isinstance(e, BridgeError) or (not report.made and _hopeless(report)):
                    raise
                report.failed[name] = str(e)
        if report.made:
            from .beside import write_page

            with contextlib.suppress(VivantError):  # a look at the run; that the pictures are there is what counts
                write_page(root, read_run(dataset, root.name))
    finally:
        lock.release()
        if not _pictures(root):
            shutil.rmtree(root, ignore_errors=True)  # a failed try leaves nothing that a better one would have to match
    return report


def _pictures(root: Path) -> list[str]:
    """Frames of a run that are whole."""
    names = os.listdir(root / "frames") if (root / "frames").is_dir() else []
    return sorted(n for n in names if parse_frame_id(n) is not None and (root / "frames" / n / RECORD).is_file())


def _hopeless(report: Report) -> bool:
    """Three failures and nothing that worked: the rest will fail as well."""
    return len(report.failed) >= 2


def _reporter(progress: Progress | None, done: int, total: int, name: str) -> Callable[[int, int, str], None]:
    def say(step: int, steps: int, text: str) -> None:
        if progress is not None:
            progress(done, total, name, step, steps, text)

    return say


def run_folder(dataset: Dataset, name: str) -> Path:
    """Folder of a run.

    Raises:
        SpecError: a name that is no name of a folder.
    """
    if not _NAME.fullmatch(name):
        raise SpecError("the name of a run is no name", expected="letters, digits, _ . -", got=name)
    return dataset.root / "synthesis" / name


def _begin(root: Path, header: dict[str, Any]) -> None:
    path = root / HEADER
    if path.is_file() and _pictures(root):
        old = _read_json(path)
        for key in sorted({*old, *header}):
            if old.get(key) != header.get(key):
                raise SpecError(
                    f"the run {root.name!r} was made with another {key}", expected=str(old.get(key))[:80],
                    got=str(header.get(key))[:80], fix="repeat its options, or choose another --name",
                )  # fmt: skip
        return
    replace_bytes(path, (json.dumps(header, indent=1, allow_nan=False) + "\n").encode())


def _make(
    frame: Frame, options: SynthesizeOptions, header: dict[str, Any], backend: Backend, root: Path, say: Any
) -> None:
    say(0, 0, "preparing")
    cls: Any = methods.get(options.method).spec
    parameters = cls.from_dict(header["parameters"], where=options.method)
    width, height = getattr(parameters, "width", 0), getattr(parameters, "height", 0)
    family = family_of(options.model) if options.model else "plain"
    inputs = frame_inputs(frame, parameters.inputs(), backend.store, family, width, height, options.files)
    prompt, negative = compose(frame.caption, options.prompt, options.style, options.negative_prompt)
    seed = Seed(options.seed).child("synthesis", frame.name).integer()
    job = Job(
        frame.name, options.method, options.model, prompt, negative, seed, inputs, dict(header["parameters"]),
        options.device, options.dtype, options.download,
    )  # fmt: skip
    try:
        result = run_job(backend, job, say)
    except BridgeError as e:
        if "worker process ended" not in e.what:
            raise
        say(0, 0, "the worker ended; once more")  # one crash may be chance; the client starts another worker
        result = run_job(backend, job, say)
    _write(frame, job, result, backend, root)


def _write(frame: Frame, job: Job, result: Result, backend: Backend, root: Path) -> None:
    temporary, final = root / "frames" / f".{frame.name}.{os.getpid()}", root / "frames" / frame.name
    with disk("write", temporary):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
    try:
        files = {}
        for name, ref in result.outputs.items():
            file = f"{name}{ref.suffix}"
            write_bytes(temporary / file, backend.store.read(ref))
            files[name] = {"file": file, "sha256": ref.sha256, "bytes": ref.bytes}
        facts = {k: v for k, v in result.facts.items() if k not in ("parameters", "cached", "seconds")}
        record = {
            "schema_version": SYNTHESIS_VERSION, "frame": frame.name, "labels": f"../../../../frames/{frame.name}",
            "prompt": job.prompt, "negative_prompt": job.negative_prompt, "seed": job.seed, "files": files, "facts": facts,
        }  # fmt: skip
        if "skeleton" in job.inputs:
            record["window"] = list(square_window(frame))  # the method draws this square of the frame alone
        write_bytes(temporary / RECORD, (json.dumps(record, indent=1, allow_nan=False) + "\n").encode())
        with disk("write", final):
            os.replace(temporary, final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@dataclass(frozen=True)
class SynthesisedFrame:
    """One made picture beside the frame that its labels come from.

    Attributes:
        folder: Its folder.
        source: The rendered frame.
        record: record.json.
    """

    folder: Path
    source: Frame
    record: dict[str, Any]

    def path(self, name: str) -> Path | None:
        """File of an output, None if it was not made."""
        entry = self.record.get("files", {}).get(name)
        return None if entry is None else self.folder / str(entry["file"])


def read_run(dataset: Dataset, name: str) -> list[SynthesisedFrame]:
    """Whole frames of a run, in the dataset's order.

    Raises:
        DatasetError: no such run.
    """
    root = run_folder(dataset, name)
    if not (root / HEADER).is_file():
        known = runs(dataset)
        raise DatasetError(
            f"there is no synthesis {name!r} in {str(dataset.root)!r}",
            fix=f"one of: {', '.join(known)}" if known else "make one: vivant synthesize DATASET",
        )
    found = []
    for entry in _pictures(root):
        if entry in dataset.names:
            path = root / "frames" / entry / RECORD
            found.append(SynthesisedFrame(path.parent, dataset[entry], _read_json(path)))
    return found


def read_made(dataset: Dataset, name: str, frame: Frame) -> SynthesisedFrame:
    """What a run made of one frame.

    Raises:
        DatasetError: nothing yet, or a damaged record.
    """
    path = run_folder(dataset, name) / "frames" / frame.name / RECORD
    if not path.is_file():
        raise DatasetError(f"run {name!r} has no picture of frame {frame.name}", fix="`vivant synthesize` first")
    return SynthesisedFrame(path.parent, frame, _read_json(path))


def runs(dataset: Dataset) -> tuple[str, ...]:
    """Names of the runs of a dataset."""
    folder = dataset.root / "synthesis"
    return tuple(sorted(p.parent.name for p in folder.glob(f"*/{HEADER}"))) if folder.is_dir() else ()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(read_bytes(path, _MAX))
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise DatasetError(f"{str(path)!r} is damaged", fix="remove its folder and run the same command again")
    return data
