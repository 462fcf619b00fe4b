"""What others' tools say about us: our requests against the providers' OpenAPI files (Prism, a mock server that checks them),
our Twilio signatures against Twilio's own library. Prism comes by npm into build/prism, the first time it is needed."""
import functools
import http.client
import http.server
import os
import random
import shutil
import subprocess
import threading
from urllib.parse import parse_qs, quote, urlencode

import pytest
from twilio.request_validator import RequestValidator

from house import ALEX, FAST, PROGRAM, ROOT, SUPPORTER, free_ports, wait_until
from test_provider_setup import fake_of  # noqa: F401 (a fixture)
from test_providers import take
from test_story import CONSENT, PAGE, is_check_in
from webhook import Wire, derived

PRISM = "@stoplight/prism-cli@5.14.2"
CACHE = os.path.join(ROOT, "build", "prism")
DOCUMENTS = {  # kind: file, what stands before its paths, what a taken text is answered with, what may not
              # be missing, settings
    "twilio": ("twilio_messages.json", "", 201, "To", {}),
    "vonage-sms": ("vonage_sms.json", "/sms", 200, "to", {"signature": "md5hash"}),  # the file knows no longer ones
    "bandwidth": ("bandwidth_messages.json", "/api/v2", 202, "applicationId", {}),
}


@functools.cache
def prism():
    """The program; skips with the reason when it cannot be had."""
    program = os.path.join(CACHE, "node_modules", ".bin", "prism")
    if os.path.exists(program):
        return program
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("npm is not here, so the mock server cannot be had: " + PRISM)
    os.makedirs(CACHE, exist_ok=True)
    try:
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", CACHE, PRISM], cwd=CACHE, text=True, timeout=300,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not bring %s within five minutes" % PRISM)
    if done.returncode != 0 or not os.path.exists(program):
        pytest.skip("npm cannot bring %s: %s" % (PRISM, done.stdout.strip().splitlines()[-1:]))
    return program


class Mock:
    """Prism with one document."""

    def __init__(self, document):
        self.port, = free_ports(1)
        self.process = subprocess.Popen(
            [prism(), "mock", "-h", "127.0.0.1", "-p", str(self.port), "--errors", os.path.join(ROOT, "tests", "vectors", "openapi", document)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        wait_until(self.answers, 60, "Prism to be ready")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def answers(self):
        assert self.process.poll() is None, "Prism ended"
        try:
            return self.ask("GET", "/", {}, b"")
        except OSError:
            return None

    def ask(self, method, target, headers, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def replay(self, request, before, body=None):
        """The very request, as it came to the fake provider."""
        assert request.target.startswith(before)
        headers = {n: v for n, v in request.headers.items() if n.lower() in ("authorization", "content-type", "accept")}
        return self.ask(request.method, request.target[len(before):], headers, request.body if body is None else body)


@pytest.mark.parametrize("kind", sorted(DOCUMENTS))
def test_what_we_send_is_what_the_provider_documents(fake_of, kind):  # noqa: F811
    document, before, status, needed, more = DOCUMENTS[kind]
    with Mock(document) as mock:
        fake = fake_of(kind, look_up_after="2s", **more)
        fake.scheme = more.get("signature")
        fake.house.start()
        take(fake, fake.text(ALEX, "JOIN"))
        fake.wait_sent(ALEX, CONSENT)
        take(fake, fake.text(ALEX, "YES"))
        fake.wait_sent(ALEX, is_check_in)
        take(fake, fake.text(ALEX, "4 \u00e9\u20ac \U0001F642 & = % +"))
        fake.wait_sent(SUPPORTER)
        take(fake, fake.text(ALEX, "I want to die"))
        fake.wait_sent("+12025550113", PAGE)
        if fake.looks_up:
            wait_until(lambda: [r for r in fake.requests if r.method == "GET"], 20, "a look-up")
        for request in [r for r in fake.requests if r.method == "GET"] + [r for r in fake.requests if r.method == "POST"]:
            answer = mock.replay(request, before)
            assert answer[0] == (status if request.method == "POST" else 200), (request.target, request.body, answer)
        spoiled = request.body.replace(needed.encode() + (b'"' if b"{" in request.body else b"="), b"Other" + (b'"' if b"{" in request.body else b"="), 1)
        assert spoiled != request.body and 400 <= mock.replay(request, before, spoiled)[0] < 500, "Prism takes anything"


# --- Twilio's own library -------------------------------------------------------------------------


def words(dice, most):
    letters = "aZ09 +&=%?#/\\'\"<>.,;:_-~*()[]{}\n\r\t\u00e9\u20ac\u05d0\u0627\u0939\U0001F642\u200d\u00a0"
    return "".join(dice.choice(letters) for _ in range(dice.randrange(most)))


def some_request(dice, account):
    """A target and a form as Twilio could post them."""
    form = {"AccountSid": account, "MessageSid": "SM%032x" % dice.getrandbits(128), "From": "+12025550171", "To": PROGRAM, "Body": words(dice, 80)}
    for _ in range(dice.randrange(6)):
        form["%s%d" % (dice.choice(("Media", "media", "From", "_", "\u00e9", "A-b.c")), dice.randrange(30))] = words(dice, 20)
    query = "&".join("%s=%s" % (quote(words(dice, 6)), quote(words(dice, 6), safe="/?:@!$'()*,;~")) for _ in range(dice.randrange(3)))
    return "/twilio/sms" + ("?" + query if query else ""), form


def test_gateway_takes_what_twilios_library_signs_and_nothing_else(fast_house):
    wire, dice = Wire(fast_house), random.Random(20261128)
    validator = RequestValidator(wire.token)
    for i in range(150):
        target, form = some_request(dice, wire.account)
        signature = validator.compute_signature(wire.url + target, form)
        body = urlencode(form, quote_via=dice.choice((quote, lambda *a: quote(*a).replace("%20", "+")))).encode()
        assert post(fast_house, target, body, signature) == 200, (target, form)
        spoiled = dict(form)
        spoiled[dice.choice(sorted(spoiled))] += "x"
        if i % 3 == 0:
            spoiled = {**form, "Extra": ""}
        assert not validator.validate(wire.url + target, spoiled, signature)
        assert post(fast_house, target, urlencode(spoiled).encode(), signature) == 403, (target, form, spoiled)


def post(house, target, body, signature):
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=15)
    try:
        connection.request("POST", target, body, {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature})
        return connection.getresponse().status
    finally:
        connection.close()


class Listener:
    """Stands where the public address is: keeps what is posted and passes it on."""

    def __init__(self):
        self.seen, self.to = [], None
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.seen.append((self.path, self.headers, body))
                connection = http.client.HTTPConnection("127.0.0.1", listener.to, timeout=15)
                connection.request("POST", self.path, body, dict(self.headers.items()))
                answer = connection.getresponse()
                body = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.getheader("Content-Type") or "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                connection.close()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server.server_port

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def test_twilios_library_takes_what_the_simulator_signs(new_house):
    listener = Listener()
    try:
        house = new_house(edits={"programs/demo.yaml": FAST, "warmline.yaml": [(r"  # public_url: .*", "  public_url: " + listener.url)]})
        listener.to = house.port
        house.start()
        house.text(ALEX, "JOIN")
        house.wait_outbound(ALEX, CONSENT)
        for body in ("yes & no = 100 % +1", "caf\u00e9 \U0001F642\n\u0627\u0939", "'\"<>\\"):
            house.text(ALEX, body)
        wait_until(lambda: len([1 for path, _, _ in listener.seen if path.startswith("/twilio/status")]) >= 2, 15, "receipts")
        validator = RequestValidator(derived(os.path.join(house.state, "keys"), "carrier token"))
        seen = list(listener.seen)
        assert len([1 for path, _, _ in seen if path == "/twilio/sms"]) == 4
        for path, headers, body in seen:
            form = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
            assert validator.validate(listener.url + path, form, headers["X-Twilio-Signature"]), (path, form)
            assert not validator.validate(listener.url + path, {**form, "Body": "other"}, headers["X-Twilio-Signature"])
    finally:
        listener.close()
