"""What a client and a worker say to each other: versioned JSON messages; pictures travel as content-hashed files.

A message is a 4-byte big-endian length and so many bytes of UTF-8 JSON, one object with a "type". The same objects go
over HTTP (`backends/remote.py`). A job names its files by their SHA-256; both sides look them up in a `BlobStore`.

Requests of a client:

    {"type": "hello", "protocol": 1, "files": FOLDER}      answered by "ready"
    {"type": "capabilities"}                               answered by "capabilities"
    {"type": "submit", "job": {…}}                         answered by "accepted", "progress"…, then one closing event
    {"type": "cancel", "job": ID}                          the job closes with "cancelled" within one step
    {"type": "shutdown"}

Events of a worker: "ready", "capabilities", "accepted", "progress", "log", and the closing ones "result", "failed" and
"cancelled". Each event about a job carries its id as "job".
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from ..procgen import errors
from ..procgen.errors import BridgeError, SpecError, VivantError

PROTOCOL = 1
MAX_MESSAGE = 1 << 24
CLOSING = ("result", "failed", "cancelled")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,12}")
_NAME = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,63}")
_ERRORS: dict[str, type[VivantError]] = {
    c.__name__: c
    for c in (errors.SpecError, errors.BuildError, errors.DatasetError, errors.BridgeError, errors.MissingDependency)
}


@dataclass(frozen=True)
class FileRef:
    """A file by its content.

    Attributes:
        sha256: Hexadecimal SHA-256.
        suffix: ".png", ".exr", ".json" …: what kind of file it is.
        bytes: Its size.
    """

    sha256: str
    suffix: str
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        return {"sha256": self.sha256, "suffix": self.suffix, "bytes": self.bytes}

    @classmethod
    def from_dict(cls, data: Any, where: str = "file") -> FileRef:
        """Check and build."""
        f = _object(data, where, ("sha256", "suffix", "bytes"))
        sha, suffix, size = f.get("sha256"), f.get("suffix"), f.get("bytes")
        if not isinstance(sha, str) or not _SHA256.fullmatch(sha):
            raise SpecError(f"{where}.sha256 is no SHA-256", expected="64 hexadecimal digits", got=_show(sha))
        if not isinstance(suffix, str) or not _SUFFIX.fullmatch(suffix):
            raise SpecError(f"{where}.suffix is no file suffix", expected='for example ".png"', got=_show(suffix))
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise SpecError(f"{where}.bytes is no size", got=_show(size))
        return cls(sha, suffix, size)


@dataclass(frozen=True)
class Job:
    """One picture to make.

    Attributes:
        id: Chosen by the client; takes no part in the result.
        method: A name that `vivant list methods` prints.
        model: Folder, .safetensors file or hub name; "" for methods that bring their own.
        prompt, negative_prompt: Text.
        seed: Seed of the noise; noise is drawn on the CPU, so that a seed means the same on every device.
        inputs: Name -> file: "render", "pose", "depth", "normal", "mask", "reference", "attributes" …
        parameters: Fields of the method's spec.
        device: "auto", "cpu", "cuda", "mps", "xpu".
        dtype: "auto", "fp32", "fp16", "bf16".
        download: Whether a hub model that is not on this machine may be fetched.
    """

    id: str
    method: str
    model: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    seed: int = 0
    inputs: Mapping[str, FileRef] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"
    dtype: str = "auto"
    download: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in _TEXTS},
            "seed": self.seed,
            "inputs": {k: self.inputs[k].to_dict() for k in sorted(self.inputs)},
            "parameters": {k: self.parameters[k] for k in sorted(self.parameters)},
            "download": self.download,
        }

    @classmethod
    def from_dict(cls, data: Any) -> Job:
        """Check and build; the method checks its parameters itself."""
        f = _object(data, "job", (*_TEXTS, "seed", "inputs", "parameters", "download"))
        given: dict[str, Any] = {}
        for name in _TEXTS:
            value = f.get(name, "auto" if name in ("device", "dtype") else "")
            if not isinstance(value, str):
                raise SpecError(f"job.{name} has the wrong type", expected="text", got=_show(value))
            given[name] = value
        for name in ("id", "method"):
            if not _NAME.fullmatch(given[name]):
                raise SpecError(f"job.{name} is no name", expected="letters, digits, _ . -", got=_show(given[name]))
        for name, known in (("device", DEVICES), ("dtype", DTYPES)):
            if given[name] not in known:
                raise errors.unknown_name(name, given[name], known)
        seed = f.get("seed", 0)
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**63:
            raise SpecError("job.seed is no seed", expected="0 to 2^63 - 1", got=_show(seed))
        inputs = _object(f.get("inputs", {}), "job.inputs")
        refs = {_name(k): FileRef.from_dict(v, f"job.inputs.{k}") for k, v in inputs.items()}
        parameters = dict(_object(f.get("parameters", {}), "job.parameters"))
        if not isinstance(f.get("download", False), bool):
            raise SpecError("job.download has the wrong type", expected="true or false")
        return cls(seed=seed, inputs=refs, parameters=parameters, download=f.get("download", False), **given)

    def key(self, model_fingerprint: str = "") -> str:
        """SHA-256 of everything that decides the result: all but the id, the device and where the model lies."""
        data = {k: v for k, v in self.to_dict().items() if k not in ("id", "device", "download", "model")}
        data["model"] = model_fingerprint or self.model
        data["protocol"] = PROTOCOL
        return hashlib.sha256(canonical_json(data)).hexdigest()


@dataclass(frozen=True)
class Result:
    """What came back: files by name ("rgb", "depth" …), and facts about how they were made."""

    outputs: Mapping[str, FileRef]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"outputs": {k: v.to_dict() for k, v in self.outputs.items()}, "facts": dict(self.facts)}

    @classmethod
    def from_dict(cls, data: Any) -> Result:
        """Check and build."""
        f = _object(data, "result", ("outputs", "facts"))
        outputs = _object(f.get("outputs", {}), "result.outputs")
        refs = {_name(k): FileRef.from_dict(v, f"result.outputs.{k}") for k, v in outputs.items()}
        return cls(refs, dict(_object(f.get("facts", {}), "result.facts")))


_TEXTS = ("id", "method", "model", "prompt", "negative_prompt", "device", "dtype")
DEVICES = ("auto", "cpu", "cuda", "mps", "xpu")
DTYPES = ("auto", "fp32", "fp16", "bf16")


def canonical_json(data: Any) -> bytes:
    """JSON with sorted keys and no spaces: equal data, equal bytes."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()


# -- frames of bytes -----------------------------------------------------------------------------------------------------
def write_message(stream: IO[bytes], message: Mapping[str, Any]) -> None:
    """Write one message and flush."""
    data = canonical_json(message)
    if len(data) > MAX_MESSAGE:
        raise BridgeError("a message is too long", expected=f"at most {MAX_MESSAGE} bytes", got=len(data))
    stream.write(struct.pack(">I", len(data)) + data)
    stream.flush()


def read_message(stream: IO[bytes]) -> dict[str, Any] | None:
    """The next message, or None where the stream ends between messages.

    Raises:
        BridgeError: the bytes are no message: another program answers, or the other side ended within one.
    """
    head = _read_exactly(stream, 4)
    if not head:
        return None
    if len(head) < 4:
        raise BridgeError("the other side ended within a message")
    (length,) = struct.unpack(">I", head)
    if length > MAX_MESSAGE:
        raise BridgeError(
            "what answers is no Vivant worker", got=repr(head), fix="check the worker's Python and command"
        )
    data = _read_exactly(stream, length)
    if len(data) < length:
        raise BridgeError("the other side ended within a message", expected=f"{length} bytes", got=len(data))
    return parse_message(data)


def parse_message(data: bytes) -> dict[str, Any]:
    """One JSON object with a "type"; anything else is an error of one line."""
    try:
        message = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as e:
        raise BridgeError(f"a message is no JSON ({type(e).__name__})", got=repr(data[:40])) from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise BridgeError("a message has no type", got=_show(message))
    return message


def _read_exactly(stream: IO[bytes], count: int) -> bytes:
    parts, missing = [], count
    while missing:
        part = stream.read(missing)
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


# -- errors over the wire ------------------------------------------------------------------------------------------------
def error_to_dict(error: BaseException) -> dict[str, Any]:
    """An error as JSON; those that are not ours become a `BridgeError` that names them."""
    if not isinstance(error, VivantError):
        return {"kind": "BridgeError", "what": f"{type(error).__name__}: {error}", "fix": "the worker's log says more"}
    parts = {"expected": error.expected, "got": error.got, "fix": error.fix}
    found = {k: str(v) for k, v in parts.items() if v is not None}
    return {"kind": type(error).__name__, "what": error.what, **found}


def error_from_dict(data: Any) -> VivantError:
    """The error again, as one of the family."""
    f = data if isinstance(data, dict) else {}
    kind = _ERRORS.get(str(f.get("kind")), BridgeError)
    parts = {k: str(f[k]) for k in ("expected", "got", "fix") if f.get(k) is not None}
    return kind(str(f.get("what", "the worker failed without a word")), **parts)


def _name(text: Any) -> str:
    if not isinstance(text, str) or not _NAME.fullmatch(text):
        raise SpecError("the name of a file is no name", expected="letters, digits, _ . -", got=_show(text))
    return text


def _object(data: Any, where: str, known: tuple[str, ...] | None = None) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise SpecError(f"{where} has the wrong type", expected="an object {…}", got=_show(data))
    for name in data if known is not None else ():
        if name not in known:  # type: ignore[operator]
            raise SpecError(f"{where} has an unknown field {name!r}", fix=f"known fields: {', '.join(known)}")  # type: ignore[arg-type]
    return data


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
