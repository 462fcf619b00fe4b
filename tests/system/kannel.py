"""A Kannel of a test's own: Debian's bearerbox and smsbox in a folder, with private ports.

    kannel = Kannel(gateway="http://127.0.0.1:8080/kannel", token="...", carrier=listener.url + "/send")
    kannel.start()
    kannel.text("+12025550111", "hello")          # a handset texts in; Kannel asks <gateway>/<token>/sms
    kannel.sendsms(to="+12025550111", text="hi")  # as warmline asks; Kannel asks the carrier
    kannel.report(request, 1)                     # the carrier says what became of a text
    kannel.close()

The telephone company is a web server of the test: Kannel's `smsc = http`, `system-type = kannel` asks it for
every text that leaves, and takes texts and reports from it at a port. What warmline needs of Kannel's side
(providers/kannel.c) is in the configuration below as an operator would write it.
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
from urllib.parse import quote

import requests

from house import PROGRAM, SLOW, Timeout, free_ports, wait_until

USER, PASSWORD = "warmline", "sendsms-secret"
CARRIER_USER, CARRIER_PASSWORD = "carrier", "carrier-secret"
ADMIN_PASSWORD = "admin-secret"

GET = 'get-url = "%s/sms?id=%%I&ts=%%T&from=%%q&to=%%Q&coding=%%c&charset=%%C&text=%%b"'
POST = 'post-url = "%s/sms?id=%%I&ts=%%T"\nsend-sender = true'

CONFIG = """\
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {admin_password}
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
store-type = spool
store-location = {folder}/store
dlr-storage = spool
dlr-spool = {folder}/dlr

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
http-request-retry = 100000
http-queue-delay = 1

group = sendsms-user
username = {user}
password = {password}
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
{service}

group = smsc
smsc = http
smsc-id = carrier
system-type = kannel
smsc-username = {carrier_user}
smsc-password = {carrier_password}
port = {smsc}
connect-allow-ip = 127.0.0.1
send-url = "{carrier}"
dlr-url = "http://127.0.0.1:{smsc}/?username={carrier_user}&password={carrier_password}"
reconnect-delay = 1
"""


def program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")


def is_there():
    return bool(program("bearerbox") and program("smsbox"))


class Kannel:
    """`gateway`: the webhook's address before the path token. `post`: Kannel hands texts over by post-url."""

    def __init__(self, gateway, token, carrier, post=False):
        self.folder = tempfile.mkdtemp(prefix="kannel-")
        self.config = os.path.join(self.folder, "kannel.conf")
        self.webhook = "/".join(filter(None, [gateway, token]))
        self.ports = dict(zip(("admin", "box", "sendsms", "smsc"), free_ports(4)))
        self.boxes = {}
        self.session = requests.Session()
        self.session.trust_env = False
        for name in ("store", "dlr"):
            os.mkdir(os.path.join(self.folder, name))
        with open(self.config, "w") as f:
            f.write(CONFIG.format(
                folder=self.folder, service=(POST if post else GET) % self.webhook, carrier=carrier, user=USER,
                password=PASSWORD, carrier_user=CARRIER_USER, carrier_password=CARRIER_PASSWORD,
                admin_password=ADMIN_PASSWORD, **self.ports))

    @property
    def api_url(self):
        """What warmline has as api_url."""
        return "http://127.0.0.1:%d" % self.ports["sendsms"]

    # --- life ---------------------------------------------------------------------------------

    def start(self):
        self.launch("bearerbox")
        self.wait("bearerbox", lambda: "Status: running" in self.status() and "carrier" in self.status())
        self.launch("smsbox")
        self.wait("smsbox", lambda: "smsbox:" in self.status() and self.sendsms(user="nobody").status_code == 403)
        return self

    def launch(self, name):
        with open(self.log(name), "ab") as out:
            self.boxes[name] = subprocess.Popen([program(name), "-v", "1", self.config], cwd=self.folder,
                                                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                                start_new_session=True)

    def wait(self, name, condition):
        def ready():
            assert self.boxes[name].poll() is None, "%s ended:\n%s" % (name, self.output())
            try:
                return condition()
            except requests.RequestException:
                return False
        wait_until(ready, 20, lambda: "%s to be ready; Kannel said:\n%s" % (name, self.output()))

    def status(self):
        return self.session.get("http://127.0.0.1:%(admin)d/status.txt" % self.ports, timeout=5,
                                params={"password": ADMIN_PASSWORD}).text

    def stop(self):
        """SIGTERM, smsbox first, as an init script would."""
        for name in ("smsbox", "bearerbox"):
            box = self.boxes.pop(name, None)
            if box is None or box.poll() is not None:
                continue
            box.send_signal(signal.SIGTERM)
            try:
                box.wait(20 * SLOW)
            except subprocess.TimeoutExpired:
                box.kill()
                box.wait()
                raise Timeout("%s did not stop; Kannel said:\n%s" % (name, self.output()))

    def close(self):
        try:
            self.stop()
        finally:
            for box in self.boxes.values():
                box.kill()
                box.wait()
            self.session.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, name):
        return os.path.join(self.folder, name + ".log")

    def output(self):
        said = ""
        for name in ("bearerbox", "smsbox"):
            if os.path.exists(self.log(name)):
                with open(self.log(name), errors="replace") as f:
                    said += "--- %s\n%s" % (name, f.read()[-6000:])
        return said

    # --- both sides of it ---------------------------------------------------------------------

    def sendsms(self, user=USER, password=PASSWORD, **parameters):
        """As warmline asks for a text to leave; names have `_` for `-`. Gives Kannel's answer."""
        pairs = [("username", user), ("password", password)]
        pairs += [(name.replace("_", "-"), value) for name, value in parameters.items()]
        return self.session.get(self.api_url + "/cgi-bin/sendsms?" + "&".join(
            "%s=%s" % (name, quote(value, safe="")) for name, value in pairs), timeout=20)

    def carrier_says(self, query):
        answer = self.session.get("http://127.0.0.1:%d/?username=%s&password=%s&%s" % (
            self.ports["smsc"], CARRIER_USER, CARRIER_PASSWORD, query), timeout=20)
        assert answer.text == "Sent.", answer.text

    def text(self, sender, body, to=PROGRAM):
        """A handset texts in. What the 7-bit alphabet may not have travels as UCS-2."""
        ucs2 = any(ord(c) > 0xff for c in body)
        self.carrier_says("from=%s&to=%s&coding=%d&text=%s" % (
            quote(sender, safe=""), quote(to, safe=""), 2 if ucs2 else 0,
            quote(body.encode("utf-16-be" if ucs2 else "utf-8"), safe="")))

    def report(self, request, value):
        """The carrier tells what became of the text in `request`, its own (listener.py): 1 delivered, 2 not."""
        mid = re.search(rb"&dlr-mid=([0-9a-f-]+)", request.query["dlr-url"])[1].decode()
        self.carrier_says("dlr-mask=%d&dlr-mid=%s&to=%s" % (value, mid, quote(request.query["to"], safe="")))
