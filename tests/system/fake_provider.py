"""What all fake providers share: an API on a port of its own, webhooks, and what somebody types into their dashboards.
The kinds are in fakes_form.py and fakes_json.py; how they are used stands in providers.py."""
import base64
import hashlib
import hmac
import http.client
import http.server
import itertools
import json
import os
import re
import threading
import time
import uuid
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from house import PROGRAM, ROOT, fits, wait_until

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
serial = itertools.count(1)


def hmac_of(name, secret, text):
    return hmac.new(secret.encode() if isinstance(secret, str) else secret, text, getattr(hashlib, name)).digest()


def base64_of(raw):
    return base64.b64encode(raw).decode()


def base64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def bearer_token(secret, claims, algorithm="HS256"):
    """A JSON Web Token (RFC 7519), signed with a shared secret."""
    parts = [base64url(json.dumps(part).encode()) for part in ({"alg": algorithm, "typ": "JWT"}, claims)]
    signature = hmac_of("sha" + algorithm[2:], secret, ".".join(parts).encode())
    return ".".join(parts + [base64url(signature)])


def basic(user, password):
    return "Basic " + base64_of(("%s:%s" % (user, password)).encode())


def _gsm():
    """The characters of the GSM 7-bit alphabet (3GPP TS 23.038)."""
    with open(os.path.join(ROOT, "tests", "vectors", "gsm0338.json")) as f:
        table = json.load(f)
    return {chr(code) for code in [c for c in table["basic"] if isinstance(c, int)] + list(table["extension"].values())}


GSM = _gsm()


def is_gsm(text):
    return set(text) <= GSM


def now_iso():
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


class Refused(Exception):
    """What the provider does not take: HTTP status, and its reason."""

    def __init__(self, status, why):
        super().__init__(why)
        self.status, self.why = status, why


def must(condition, why, status=400):
    if not condition:
        raise Refused(status, why)


class Request:
    """One request to the provider's API."""

    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        parts = urlsplit(target)
        self.path, self.query = parts.path, parse_qsl(parts.query, keep_blank_values=True)

    def needs(self, method, path):
        must((self.method, self.path) == (method, path), "%s %s, expected %s %s" % (self.method, self.path, method, path), 404)

    def authorized(self, *values):
        must(self.headers.get("Authorization") in values, "Authorization is %r" % self.headers.get("Authorization"), 401)

    def typed(self, wanted):
        kind = (self.headers.get("Content-Type") or "").split(";")[0].strip()
        must(kind == wanted, "Content-Type is %r" % kind, 415)

    @staticmethod
    def known(fields, needed, optional):
        names = set(fields)
        must(set(needed.split()) <= names, "missing: %s" % (set(needed.split()) - names))
        must(names <= set((needed + " " + optional).split()), "not known: %s" % (names - set((needed + " " + optional).split())))

    def form(self, needed, optional=""):
        """The fields, each of which may be there once."""
        self.typed(FORM)
        pairs = parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)
        must(len(pairs) == len(dict(pairs)), "a field is there twice")
        self.known(dict(pairs), needed, optional)
        return dict(pairs)

    def json(self, needed, optional=""):
        self.typed(JSON)
        fields = json.loads(self.body.decode())
        must(isinstance(fields, dict), "no object")
        self.known(fields, needed, optional)
        return fields


class Sent:
    """One text that warmline sent: what the request said, and the ids that the provider gave it."""

    def __init__(self, to, sender, body, callback=None, ref=None, ids=None):
        for number in (to, sender):
            must(re.fullmatch(r"\+?[1-9]\d{6,14}", number), "no number: %r" % number)
        must(isinstance(body, str) and 0 < len(body) <= 1600, "body of %d characters" % len(body))
        self.to, self.sender, self.body = "+" + to.lstrip("+"), "+" + sender.lstrip("+"), body
        self.callback, self.ref, self.ids = callback, ref, ids or [str(uuid.uuid4())]

    @property
    def id(self):
        return self.ids[0]

    def __repr__(self):
        return "<to %s: %s>" % (self.to, self.body)


class Webhook:
    """What the provider posts: the URL is the one that it was told, and what it signs."""

    def __init__(self, method, url, fields=None, kind=FORM):
        self.method, self.url, self.headers, self.body = method, url, {}, b""
        if method == "GET" and fields:
            self.url += ("&" if "?" in url else "?") + urlencode(fields, quote_via=quote)
        elif method != "GET":
            self.headers["Content-Type"] = kind + ("; charset=UTF-8" if kind == FORM else "")
            self.body = (urlencode(fields) if kind == FORM else json.dumps(fields, ensure_ascii=False)).encode()

    @property
    def target(self):
        parts = urlsplit(self.url)
        return parts.path + ("?" + parts.query if parts.query else "")

    @property
    def query(self):
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def form(self):
        return parse_qsl(self.body.decode(), keep_blank_values=True)


class Answer:
    def __init__(self, answer):
        self.status, self.body = answer.status, answer.read()
        self.headers = {name.lower(): value for name, value in answer.getheaders()}

    def __repr__(self):
        return "<%d %r>" % (self.status, self.body[:200])


class Provider:
    kind = ""
    settings = {}   # of warmline.yaml, besides kind and api_url
    secrets = []    # lines of the secrets file
    plus = True     # numbers have their +
    path = ""       # the random part of our addresses
    opted_out = None   # status and fields of a receipt: the carrier says that this person sent STOP
    takes_get = False  # texts may come by GET
    looks_up = False   # can be asked what became of a text
    gives_id = True    # its API answers with an id for the text
    same_path = False  # receipts come to the address of texts
    forged = 403
    accepted_answers = (b"",)  # what a taken text may be answered with: anything else would be texted to people

    def __init__(self):
        self.sent, self.requests, self.complaints, self.lock = [], [], [], threading.Lock()
        self.house, self.public = None, None
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, kind, answer = provider.answer(Request(self.command, self.path, self.headers, body))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    # --- configuration ------------------------------------------------------------------------

    @property
    def api_url(self):
        return "http://127.0.0.1:%d" % self.server.server_port

    def map(self, **more):
        """As a map in warmline.yaml."""
        lines = {"kind": self.kind, "api_url": self.api_url, "texts_per_second": 100,
                 "secrets_file": self.kind + ".secrets", **self.settings, **more}
        return ", ".join("%s: %s" % pair for pair in lines.items() if pair[1] is not None)

    def edits(self, **more):
        return [(r"provider:\n  kind: simulator", "provider: {%s}" % self.map(**more))]

    def write_secrets(self, house, lines=None):
        path = os.path.join(house.config, self.kind + ".secrets")
        with open(path, "w") as f:
            f.write("\n".join(self.secrets if lines is None else lines) + "\n")
        os.chmod(path, 0o600)

    def tell(self, house, public=None):
        """What somebody types into the provider's dashboard: where it calls."""
        self.house, self.public = house, public or "http://127.0.0.1:%d" % house.port
        self.write_secrets(house)

    def address(self, leaf):
        return "%s/%s/%s%s" % (self.public, self.kind, self.path + "/" if self.path else "", leaf)

    def callback_of(self, sent):
        """Where the receipts of this text go: to the address that the request named, or to the dashboard's."""
        return sent.callback or self.address("sms" if self.same_path else "status")

    # --- what warmline sends ------------------------------------------------------------------

    def answer(self, request):
        try:
            sent, answer = self.take(request)
        except Refused as refused:
            with self.lock:
                self.complaints.append("%d %s" % (refused.status, refused.why))
            return refused.status, JSON, json.dumps(self.error(refused)).encode()
        with self.lock:
            self.requests.append(request)
            if sent:
                self.sent.append(sent)
        status, body = answer
        if isinstance(body, str):
            return status, "text/plain", body.encode()
        return status, JSON, json.dumps(body).encode()

    def looked_up(self, ident):
        """The text of this id, which somebody asks about; it was delivered."""
        with self.lock:
            found = [sent for sent in self.sent if ident in sent.ids]
        must(found, "no such text: %r" % ident, 404)
        return found[0]

    def number(self, e164):
        return e164 if self.plus else e164.lstrip("+")

    def numbers(self, *numbers):
        for number in numbers:
            must(isinstance(number, str) and number.startswith("+") == self.plus, "number in another form: %r" % number)

    def texts_to(self, number, containing=None):
        with self.lock:
            return [sent for sent in self.sent if sent.to == number and fits(sent.body, containing)]

    def wait_sent(self, number, containing=None, timeout=12, count=1):
        def found():
            assert not self.complaints, self.complaints
            texts = self.texts_to(number, containing)
            return texts[count - 1] if len(texts) >= count else None
        return wait_until(found, timeout, lambda: "a text to %s with %r; it got: %s; log:\n%s" % (
            number, containing, self.texts_to(number), self.house.output() if self.house else ""))

    # --- what the provider posts --------------------------------------------------------------

    def post(self, webhook, timeout=15):
        connection = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=timeout)
        try:
            headers = {"Host": urlsplit(self.public).netloc, **webhook.headers}
            connection.request(webhook.method, webhook.target, webhook.body or None, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def text(self, sender, body, to=PROGRAM, **options):
        """A signed webhook with a text of somebody's."""
        return self.sign(self.inbound(self.number(sender), self.number(to), body, **options))

    def receipt(self, sent, status=None, part=0, **error):
        """What became of a text; `error`: fields that say why it did not arrive."""
        return self.sign(self.report(sent, status or self.delivered, part, **error))

    def variants(self, sender, body):
        """Other ways in which the same provider may bring a text."""
        return {}

    def forgeries(self, sender, body):
        """Name -> (webhook, right answer): what somebody else could post."""
        ours, theirs = self.number(PROGRAM), self.number(sender)
        found = {"no proof": (self.inbound(theirs, ours, body), 403),
                 "another secret": (self.sign(self.inbound(theirs, ours, body), secret=self.another_secret), 403)}
        if self.signs_body:
            swapped, unsigned = self.text(sender, "something else"), self.inbound(theirs, ours, body)
            swapped.body, swapped.url = unsigned.body, unsigned.url
            found["other words than those signed"] = (swapped, 403)
        return found

    another_secret = "9" * 32
    signs_body = True
    signs_url = False

    def change_secret(self):
        """From now on the provider uses another secret; gives the lines of the secrets file, the newest first."""
        self.key = self.key[:-4] + "NEW4"
        return ["webhook: " + self.key] + self.secrets

    def sign(self, webhook, secret=None):
        """The proof as this provider gives it; in place."""
        return webhook

    def error(self, refused):
        return {"error": refused.why}
