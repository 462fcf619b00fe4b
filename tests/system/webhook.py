"""Webhooks as the carrier sends them, written by hand down to the last byte: signed right or wrong.

    wire = Wire(house)
    answer = wire.text("+12025550150", "hello")      # a signed text; answer.status, answer.headers, answer.body
    wire.send(wire.request(form=[("Body", b"a\0b")], headers=[("Host", "x"), ("Host", "y")]))

The signature is written here once more, from the provider's description and not from our code:
HMAC-SHA1 over the URL and every parameter, sorted, each equal pair once.
"""
import base64
import hashlib
import hmac
import itertools
import os
import socket
import time
from urllib.parse import quote_plus, unquote_to_bytes

from house import PROGRAM

FORM = "application/x-www-form-urlencoded; charset=UTF-8"
counter = itertools.count(1)


def derived(key_file, purpose):
    """Account and token of the simulator: they follow from the key file of an installation."""
    with open(key_file) as f:
        blind = bytes.fromhex(next(line.split()[1] for line in f if line.startswith("blind ")))
    key = hashlib.blake2b(b"warmline token key 1", key=blind, digest_size=32).digest()
    return hashlib.blake2b(purpose.encode(), key=key, digest_size=16).hexdigest()


def as_bytes(value):
    return value.encode() if isinstance(value, str) else value


def encoded(form):
    """A list of (name, value), or bytes as they are."""
    if isinstance(form, bytes):
        return form
    return b"&".join(quote_plus(as_bytes(n)).encode() + b"=" + quote_plus(as_bytes(v)).encode() for n, v in form)


def decoded(body):
    pairs = [pair.split(b"=", 1) if b"=" in pair else [pair, b""] for pair in body.split(b"&") if pair]
    return [tuple(unquote_to_bytes(part.replace(b"+", b" ")) for part in pair) for pair in pairs]


def signature(token, url, body):
    text = url.encode() + b"".join(n + v for n, v in sorted(set(decoded(body))))
    return base64.b64encode(hmac.new(token.encode(), text, hashlib.sha1).digest()).decode()


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.raw = raw
        self.status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/1.") else None
        self.headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines[1:])}

    def __repr__(self):
        return "<%s %r>" % (self.status, self.raw[:300])


class Wire:
    def __init__(self, house, account=None, token=None, url=None):
        keys = os.path.join(house.state, "keys")
        self.port = house.port
        self.account = account or "AC" + derived(keys, "carrier account")
        self.token = token or derived(keys, "carrier token")
        self.url = url or "http://127.0.0.1:%d" % house.port

    def form(self, sender, body, sid=None, **more):
        """The parameters of a text; a value of None leaves one out."""
        form = {"AccountSid": self.account, "MessageSid": sid or "SM%032d" % next(counter), "From": sender,
                "To": PROGRAM, "Body": body, "NumMedia": "0", "NumSegments": "1", **more}
        return [(n, v) for n, v in form.items() if v is not None]

    def request(self, form=b"", target="/twilio/sms", method="POST", headers=None, token=None, signed=None, version="1.1",
                host=None):
        """Raw bytes. `headers`: a list that replaces the usual ones but the signature's; `signed`: the URL that is
        signed when it is not the right one, or False for no signature."""
        body = encoded(form)
        lines = ["%s %s HTTP/%s" % (method, target, version)]
        if headers is None:
            headers = [("Host", host or "127.0.0.1:%d" % self.port), ("Content-Type", FORM), ("Content-Length", len(body))]
        if signed is not False:
            headers = headers + [("X-Twilio-Signature", signature(token or self.token, signed or self.url + target, body))]
        lines += ["%s: %s" % header for header in headers]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

    def connect(self, timeout=15):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def send(self, raw, timeout=15):
        """One request on a connection of its own; what is answered until the other side closes or is done."""
        with self.connect(timeout) as s:
            try:
                s.sendall(raw)
            except OSError:
                pass  # refused before all of it was sent: the answer is there
            return Answer(read_answer(s))

    def text(self, sender, body, sid=None, **more):
        return self.send(self.request(self.form(sender, body, sid, **more)))


def read_answer(s, timeout=15):
    """One whole answer: up to Content-Length, or the end of the connection, or what came in time."""
    raw, deadline = b"", time.monotonic() + timeout
    while time.monotonic() < deadline:
        head, end, body = raw.partition(b"\r\n\r\n")
        if end:
            length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if length and len(body) >= int(length[0].split(b":")[1]):
                break
            if not length and b" 204 " in head.split(b"\r\n")[0]:
                break
        try:
            part = s.recv(65536)
        except (ConnectionResetError, socket.timeout):
            break
        if not part:
            break
        raw += part
    return raw
