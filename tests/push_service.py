"""A push service and a device of the tests' own: takes posts, and decrypts what was meant for the device."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

AUTH = b"sixteen bytes ok"


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True)
class Post:
    """What somebody posted."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Service:
    """The address of a running server, how it answers, and what it was sent."""

    url: str = ""
    status: int = 201
    posts: list[Post] = field(default_factory=list)


@dataclass(frozen=True)
class Device:
    """A browser that has subscribed at a service."""

    endpoint: str
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def described(self) -> dict[str, str]:
        """What its browser tells the desk."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": encoded(point), "auth": encoded(AUTH)}

    def read(self, post: Post) -> Any:
        """Return the message in a post, decrypted as a browser does."""
        assert post.headers["Content-Encoding"] == "aes128gcm"
        return json.loads(http_ece.decrypt(post.body, private_key=self.key, auth_secret=AUTH, version="aes128gcm"))


@contextmanager
def running() -> Iterator[Service]:
    """Run a service on a free port of 127.0.0.1."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.posts.append(Post(self.path, dict(self.headers), body))
            self.send_response(service.status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
