"""As much of a WebSocket client (RFC 6455) as listening to a server takes."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import struct
from urllib.parse import urlsplit

from ...procgen.errors import BridgeError

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MAX = 1 << 26
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


class WebSocket:
    """Text messages of a ws:// address; pictures and other binary messages are passed over.

    Args:
        url: http://HOST:PORT/PATH?QUERY of the socket.
        timeout_s: For the handshake.
    Raises:
        BridgeError: no WebSocket there.
    """

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
        self._buffer = b""
        try:
            self._socket = socket.create_connection((host, port), timeout_s)
            key = base64.b64encode(os.urandom(16))
            route = parts.path + (f"?{parts.query}" if parts.query else "")
            head = (
                f"GET {route} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key.decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            self._socket.sendall(head.encode())
            while b"\r\n\r\n" not in self._buffer and len(self._buffer) < 1 << 16:
                self._more()
        except OSError as e:
            raise BridgeError(f"no WebSocket at {url}: {e}") from None
        answer, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
        if b" 101 " not in answer.split(b"\r\n")[0] + b" " or accept not in answer:
            self.close()
            raise BridgeError(f"no WebSocket at {url}", got=repr(answer[:60]))

    def receive(self, wait_s: float) -> str | None:
        """The next text, or None if none came within the wait.

        Raises:
            BridgeError: the server closed or broke the connection.
        """
        self._socket.settimeout(max(wait_s, 0.01))
        parts = b""
        try:
            while True:
                final, kind, data = self._frame()
                if kind == _CLOSE:
                    raise BridgeError("the WebSocket was closed")
                if kind == _PING:
                    self._send(_PONG, data)
                elif kind in (0, _TEXT):
                    parts += data
                    if final:
                        return parts.decode("utf-8", "replace")
        except TimeoutError:
            return None
        except OSError as e:
            raise BridgeError(f"the WebSocket broke: {e}") from None

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._socket.close()

    def _frame(self) -> tuple[bool, int, bytes]:
        """One whole frame; the buffer is only shortened once all of it is there, so that a timeout loses nothing."""
        head = self._peek(2)
        length, at = head[1] & 0x7F, 2
        if length == 126:
            length, at = struct.unpack(">H", self._peek(4)[2:4])[0], 4
        elif length == 127:
            length, at = struct.unpack(">Q", self._peek(10)[2:10])[0], 10
        if length > _MAX or head[1] & 0x80:
            raise OSError("a frame that no server sends")
        data = self._peek(at + length)[at : at + length]
        self._buffer = self._buffer[at + length :]
        return bool(head[0] & 0x80), head[0] & 0x0F, data

    def _peek(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._more()
        return self._buffer

    def _more(self) -> None:
        data = self._socket.recv(1 << 16)
        if not data:
            raise OSError("the server hung up")
        self._buffer += data

    def _send(self, kind: int, data: bytes) -> None:
        mask = os.urandom(4)  # clients must mask what they send
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(data[:125]))
        self._socket.sendall(bytes([0x80 | kind, 0x80 | len(masked)]) + mask + masked)
