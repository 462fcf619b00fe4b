"""A small web server of a test's own: it keeps what it was asked and answers what the test says.

    with Listener(lambda request: (200, b"0: Accepted for delivery")) as carrier:
        ...
        request = carrier.wait(lambda r: r.path == "/send")
        request.query["to"]                  # bytes: nothing is decoded but escapes
"""
import http.server
import threading

from house import wait_until
from webhook import decoded


class Request:
    def __init__(self, handler):
        self.method = handler.command
        self.path, _, query = handler.path.partition("?")
        self.pairs = [(name.decode(), value) for name, value in decoded(query.encode("latin-1"))]
        self.query = dict(self.pairs)  # each name is expected once; who cares looks at pairs
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.body = handler.rfile.read(int(self.headers.get("content-length", 0)))

    def __repr__(self):
        return "%s %s %r %r" % (self.method, self.path, self.query, self.body)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        request = Request(self)
        listener = self.server.listener
        with listener.lock:
            status, body = listener.answer(request)
            listener.requests.append(request)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Listener:
    def __init__(self, answer=lambda request: (200, b"")):
        self.answer = answer
        self.requests = []
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.listener = self
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.server.server_port

    def found(self, condition=lambda request: True):
        return [request for request in list(self.requests) if condition(request)]

    def wait(self, condition=lambda request: True, count=1, timeout=15):
        """Until `count` requests fit; gives the last of them."""
        wait_until(lambda: len(self.found(condition)) >= count, timeout,
                   lambda: "%d requests that fit; there were: %r" % (count, self.requests))
        return self.found(condition)[count - 1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
