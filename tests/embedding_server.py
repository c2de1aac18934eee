"""A small server on loopback that speaks OpenAI's embeddings format and embeds by hashing; it answers out of order."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from indexers.hashing import HashingEmbedder


@dataclass(slots=True)
class EmbeddingServer:
    """``bodies`` are the requests as they arrived, ``keys`` their Authorization headers."""

    url: str
    embedder: HashingEmbedder
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@contextlib.contextmanager
def embedding_server(*, dimension: int = 64) -> Iterator[EmbeddingServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the library's name
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            served.bodies.append(body)
            served.keys.append(self.headers.get("Authorization"))
            vectors = served.embedder.embed_passages(body["input"], cut=True)
            data = [{"index": at, "embedding": (3 * row).tolist()} for at, row in enumerate(vectors)]
            content = json.dumps({"object": "list", "data": data[::-1], "model": body["model"]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = EmbeddingServer(f"http://127.0.0.1:{server.server_port}/v1", HashingEmbedder(dimension=dimension))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
