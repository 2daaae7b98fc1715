"""A web server as apprise's `json://` calls it: keeps what it was sent; answers well, badly or never."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class NoticeServer:
    """url: where to send to, with a secret in it; received: the messages in the order they came."""

    def __init__(self, status: int) -> None:
        """status: of every answer; 0 for no answer until the server is closed."""
        self.received: list[dict[str, Any]] = []
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                outer.received.append(json.loads(self.rfile.read(size)))
                if not status:
                    outer.closing.wait(120)
                self.send_response(status or 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing on the test's output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://user:s3cret@127.0.0.1:{self.server.server_port}/t0ken"


@contextmanager
def notice_server(status: int = 200) -> Iterator[NoticeServer]:
    """A server on a port of its own while the block lasts."""
    it = NoticeServer(status)
    thread = threading.Thread(target=it.server.serve_forever)
    thread.start()
    try:
        yield it
    finally:
        it.closing.set()
        it.server.shutdown()
        thread.join()
        it.server.server_close()
