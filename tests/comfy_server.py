"""A server on this machine that speaks ComfyUI's protocol, for tests: it checks workflows and "samples" with a clock."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CHECKPOINTS = ["sd_xl_base_1.0.safetensors", "folder/dreamy.safetensors"]
NETS = ["controlnet-union-sdxl.safetensors", "control_openpose.safetensors"]


def node(**required: Any) -> dict[str, Any]:
    return {"input": {"required": required}}


NODES: dict[str, Any] = {
    "CheckpointLoaderSimple": node(ckpt_name=[CHECKPOINTS, {}]),
    "ControlNetLoader": node(control_net_name=["COMBO", {"options": NETS}]),
    "CLIPTextEncode": node(text=["STRING", {}], clip=["CLIP"]),
    "SetUnionControlNetType": node(control_net=["CONTROL_NET"], type=[["auto", "openpose", "depth", "normal", "segment"], {}]),
    "ControlNetApplyAdvanced": node(positive=["CONDITIONING"], negative=["CONDITIONING"], control_net=["CONTROL_NET"],
                                    image=["IMAGE"], strength=["FLOAT"], start_percent=["FLOAT"], end_percent=["FLOAT"]),
    "LoadImage": node(image=[["example.png"], {}]),
    "LoadImageMask": node(image=[["example.png"], {}], channel=[["alpha", "red"], {}]),
    "InvertMask": node(mask=["MASK"]),
    "VAEEncode": node(pixels=["IMAGE"], vae=["VAE"]),
    "SetLatentNoiseMask": node(samples=["LATENT"], mask=["MASK"]),
    "KSampler": node(model=["MODEL"], seed=["INT"], steps=["INT"], cfg=["FLOAT"], sampler_name=[["dpmpp_2m"], {}],
                     scheduler=[["karras"], {}], positive=["CONDITIONING"], negative=["CONDITIONING"],
                     latent_image=["LATENT"], denoise=["FLOAT"]),
    "VAEDecode": node(samples=["LATENT"], vae=["VAE"]),
    "PreviewImage": node(images=["IMAGE"]),
}  # fmt: skip


class Comfy:
    """The server's state and its thread."""

    def __init__(self, picture: bytes) -> None:
        self.picture = picture
        self.nodes = dict(NODES)
        self.step_s = 0.01
        self.sockets = True
        self.fault: dict[str, Any] = {}  # route -> (status, body) or a callable on the handler
        self.error = ""
        self.uploads: dict[str, bytes] = {}
        self.prompts: dict[str, dict[str, Any]] = {}
        self.history: dict[str, Any] = {}
        self.running: str = ""
        self.interrupted: list[str] = []
        self.ears: list[Any] = []
        self._lock = threading.Lock()
        handler = type("Handler", (Handler,), {"comfy": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def address(self) -> str:
        return f"comfyui://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def check(self, workflow: dict[str, Any]) -> dict[str, Any]:
        """What ComfyUI's own validation would say of a workflow."""
        errors: dict[str, Any] = {}
        for name, item in workflow.items():
            known = self.nodes[item["class_type"]]["input"]["required"]
            for field, kind in known.items():
                value = item["inputs"].get(field)
                if value is None:
                    errors[name] = {"errors": [{"message": f"Required input is missing: {field}"}]}
                elif isinstance(value, list) and (value[0] not in workflow or not isinstance(value[1], int)):
                    errors[name] = {"errors": [{"message": f"Bad link in {field}"}]}
                elif isinstance(kind[0], list) and field != "image" and value not in kind[0]:
                    errors[name] = {"errors": [{"message": "Value not in list", "details": f"{field}: {value}"}]}
                elif field == "image" and isinstance(value, str) and value not in self.uploads:
                    errors[name] = {"errors": [{"message": "Invalid image file", "details": value}]}
        return errors

    def run(self, prompt: str) -> None:
        """Sample step by step, telling everybody who listens."""
        with self._lock:
            self.running = prompt
            inputs = next((n["inputs"] for n in self.prompts[prompt].values() if n["class_type"] == "KSampler"), {})
            steps = int(inputs.get("steps", 3))
            for i in range(steps):
                time.sleep(self.step_s)
                self.tell("progress", {"value": i + 1, "max": steps, "prompt_id": prompt, "node": "9"})
                if prompt in self.interrupted:
                    self._end(prompt, "error", ["execution_interrupted", {"prompt_id": prompt}], {})
                    return
            if self.error:
                self._end(prompt, "error", ["execution_error", {"exception_message": self.error}], {})
                return
            images = [{"filename": "x_1.png", "subfolder": "", "type": "temp"}]
            self._end(prompt, "success", ["execution_success", {}], {"9": {"images": images}})

    def _end(self, prompt: str, state: str, message: list[Any], outputs: dict[str, Any]) -> None:
        status = {"status_str": state, "completed": state == "success", "messages": [["execution_start", {}], message]}
        self.history[prompt] = {"outputs": outputs, "status": status}
        self.running = ""
        self.tell("executing", {"node": None, "prompt_id": prompt})

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        text = json.dumps({"type": kind, "data": data}).encode()
        size = bytes([len(text)]) if len(text) < 126 else b"\x7e" + struct.pack(">H", len(text))
        for ear in list(self.ears):
            try:
                ear.write(b"\x89\x00" + b"\x81" + size + text)  # a ping before each message
                ear.flush()
            except (OSError, ValueError):
                self.ears.remove(ear)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    comfy: Comfy

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if self.faulty(parts.path):
            return
        c = self.comfy
        if parts.path == "/ws":
            self.listen()
        elif parts.path == "/object_info":
            self.json(200, c.nodes)
        elif parts.path.startswith("/history/"):
            prompt = parts.path.rpartition("/")[2]
            self.json(200, {prompt: c.history[prompt]} if prompt in c.history else {})
        elif parts.path == "/queue":
            self.json(200, {"queue_running": [[0, c.running, {}]] if c.running else [], "queue_pending": []})
        elif parts.path == "/view":
            assert parse_qs(parts.query)["filename"] == ["x_1.png"]
            self.send(200, c.picture, "image/png")
        else:
            self.json(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.faulty(self.path):
            return
        c = self.comfy
        if self.path == "/upload/image":
            match = re.search(rb'filename="([^"]+)"\r\nContent-Type: image/png\r\n\r\n(.*?)\r\n--', body, re.DOTALL)
            assert match is not None
            c.uploads[match[1].decode()] = match[2]
            self.json(200, {"name": match[1].decode(), "subfolder": "", "type": "input"})
        elif self.path == "/prompt":
            workflow = json.loads(body)["prompt"]
            errors = c.check(workflow)
            if errors:
                error = {"type": "invalid_prompt", "message": "Prompt outputs failed validation", "details": ""}
                self.json(400, {"error": error, "node_errors": errors})
                return
            prompt = f"prompt-{len(c.prompts)}"
            c.prompts[prompt] = workflow
            threading.Thread(target=c.run, args=(prompt,), daemon=True).start()
            self.json(200, {"prompt_id": prompt, "number": 1, "node_errors": {}})
        elif self.path == "/interrupt":
            c.interrupted.append(json.loads(body)["prompt_id"])
            self.json(200, {})
        elif self.path == "/queue":
            self.json(200, {})
        else:
            self.json(404, {})

    def faulty(self, path: str) -> bool:
        fault = next((f for route, f in self.comfy.fault.items() if path.startswith(route)), None)
        if fault is None:
            return False
        self.close_connection = True
        if callable(fault):
            fault(self)
        else:
            self.send(fault[0], fault[1], "text/html")
        return True

    def listen(self) -> None:
        self.close_connection = True
        if not self.comfy.sockets:
            self.json(404, {})
            return
        guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1((self.headers["Sec-WebSocket-Key"] + guid).encode()).digest()).decode()
        self.wfile.write(
            f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        self.wfile.write(b"\x82\x03abc")  # a binary preview, to be passed over
        self.wfile.flush()
        self.comfy.ears.append(self.wfile)
        while self.rfile.read(1):
            pass

    def json(self, status: int, data: Any) -> None:
        self.send(status, json.dumps(data).encode(), "application/json")

    def send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
