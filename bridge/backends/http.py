"""HTTP with one clear line for whatever a server can do wrong; the standard library alone."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ...procgen.errors import BridgeError, SpecError
from ..protocol import error_from_dict

MAX_ANSWER = 1 << 28
CRAWL_BYTES = 1024


class Connection:
    """Requests to one server, each on a connection of its own.

    Args:
        url: http://HOST:PORT or https://…, with an optional path before every route.
        name: What the server is, for messages: "ComfyUI", "the server".
        token: Sent as a bearer token.
        timeout_s: How long the server may be silent.
    """

    def __init__(self, url: str, name: str, token: str = "", timeout_s: float = 30.0) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
            raise SpecError(f"{url!r} is no address", expected="for example http://127.0.0.1:8188")
        self.url, self.name, self.timeout_s = url.rstrip("/"), name, timeout_s
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, port
        self._base = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def request(
        self,
        method: str,
        route: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> tuple[int, bytes]:
        """Status and body, whatever the status.

        Raises:
            BridgeError: no server, a silent one, one that is cut off, or one that answers without an end.
        """
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=timeout_s or self.timeout_s)
        try:
            connection.request(method, self._base + route, body, {**self._headers, **(headers or {})})
            answer = connection.getresponse()
            data = self._body(answer, timeout_s or self.timeout_s)
            status = answer.status
        except TimeoutError:
            raise BridgeError(
                f"{self.name} at {self.url} is silent for {timeout_s or self.timeout_s:.0f} s",
                fix="see what it is doing; then run the same command again",
            ) from None
        except ConnectionRefusedError:
            raise BridgeError(
                f"nothing answers at {self.url}", fix=f"start {self.name}, or check the address"
            ) from None
        except ssl.SSLError as e:
            raise BridgeError(
                f"{self.url} has no trusted TLS ({e.reason})", fix="check the address, or use http://"
            ) from None
        except http.client.IncompleteRead as e:
            raise BridgeError(
                f"{self.name} at {self.url} stopped within its answer", got=f"{len(e.partial)} bytes"
            ) from None
        except (OSError, http.client.HTTPException) as e:
            why = getattr(e, "strerror", None) or str(e) or type(e).__name__
            raise BridgeError(f"cannot talk to {self.name} at {self.url}: {why}", fix="check the address") from None
        finally:
            connection.close()
        return status, data

    def _body(self, answer: http.client.HTTPResponse, timeout_s: float) -> bytes:
        """All of an answer; a server that trickles (less than CRAWL_BYTES within the timeout) counts as silent."""
        parts, window, since = bytearray(), 0, time.monotonic()
        while part := answer.read1(1 << 16):
            parts += part
            window += len(part)
            if len(parts) > MAX_ANSWER:
                raise BridgeError(
                    f"{self.name} at {self.url} sends without an end", expected=f"at most {MAX_ANSWER} bytes"
                )
            if time.monotonic() - since > timeout_s:
                if window < CRAWL_BYTES:
                    raise TimeoutError
                window, since = 0, time.monotonic()
        if answer.length:
            raise http.client.IncompleteRead(bytes(parts), answer.length)
        return bytes(parts)

    def json(
        self, method: str, route: str, data: Any = None, *, timeout_s: float | None = None, quiet: bool = False
    ) -> Any:
        """Send JSON, get JSON.

        Raises:
            BridgeError: a status other than 2xx, or an answer that is no JSON; the server's own words are in it.
            VivantError: the error that a Vivant server answered with.
        """
        body = None if data is None else json.dumps(data, allow_nan=False).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        status, answer = self.request(method, route, body, headers, timeout_s)
        found = self._parse(answer) if status < 300 and not quiet else self._try(answer)
        if not 200 <= status < 300:
            if isinstance(found, dict) and isinstance(found.get("error"), dict) and "what" in found["error"]:
                raise error_from_dict(found["error"])
            raise BridgeError(
                f"{self.name} at {self.url} answers {status} to {route.partition('?')[0]}", got=words_of(found, answer),
                fix="check the token" if status in (401, 403) else "the server's own log says more",
            )  # fmt: skip
        return found

    def _parse(self, answer: bytes) -> Any:
        found = self._try(answer)
        if found is None:
            raise BridgeError(
                f"{self.name} at {self.url} answers with something that is no JSON", got=repr(answer[:60]),
                fix="check the address: another program may listen there",
            )  # fmt: skip
        return found

    @staticmethod
    def _try(answer: bytes) -> Any:
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            return None


def words_of(found: Any, answer: bytes) -> str:
    """What a server said, short: the messages of its JSON, else the start of its text."""
    said: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if (
                    key in ("message", "details", "error", "exception_message", "what")
                    and isinstance(inner, str)
                    and inner
                ):
                    said.append(inner)
                else:
                    collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    collect(found)
    text = "; ".join(dict.fromkeys(said)) if said else answer[:200].decode("utf-8", "replace")
    text = " ".join(text.split())
    return text[:300] or "an empty answer"
