"""Stand-in for the operation GetInferenceProfile of Bedrock, which the registry's provider requests to plan.

MiniStack has the operation, but neither the models of today nor the member names of AWS.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

from .facts import REGION

PATH = "/inference-profiles/"
WHEN = "2026-01-01T00:00:00Z"


def profile(identifier: str) -> dict[str, object]:
    """The response for a system-defined profile, by its id or its ARN, that has the region of the stack only."""
    name = identifier.rpartition("/")[2]
    model = name.partition(".")[2]
    return {
        "inferenceProfileName": name,
        "inferenceProfileId": name,
        "inferenceProfileArn": f"arn:aws:bedrock:{REGION}:000000000000:inference-profile/{name}",
        "models": [{"modelArn": f"arn:aws:bedrock:{REGION}::foundation-model/{model}"}],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
        "createdAt": WHEN,
        "updatedAt": WHEN,
    }


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if not path.startswith(PATH):
            self.send_error(404)
            return
        body = json.dumps(profile(unquote(path.removeprefix(PATH)))).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing."""


@contextmanager
def bedrock() -> Iterator[dict[str, str]]:
    """Serves the operation for as long as the context lasts, and yields the variable with its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield {"AWS_ENDPOINT_URL_BEDROCK": f"http://127.0.0.1:{server.server_port}"}
        finally:
            server.shutdown()
            thread.join()
