"""A whole warmline of its own for a test: `warmline up` with private state, ports and configuration.

    house = House()                      # or House(edits={"programs/demo.yaml": [("every: 3m", "every: 20s")]})
    house.start()
    house.text("+12025550150", "JOIN")   # a handset texts in; gives the gateway's HTTP status
    house.wait_outbound("+12025550150", "YES")
    house.cli("enroll", "--program", "demo", ...)
    house.stop()

Everything a test sees comes from the carrier's log and from the `warmline` command, as an outsider
would see it. Nothing here sleeps for a guessed time: conditions are polled with a deadline.
"""
import glob
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import requests

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("WARMLINE_BUILD", os.path.join(ROOT, "build", "release"))
SLOW = 1 if os.path.basename(BUILD).startswith("release") else 4  # sanitizers take their time

PROGRAM = "+12025550100"  # of config/programs/demo.yaml, as are these
ALEX = "+12025550111"
SUPPORTER = "+12025550112"
ON_CALL_1 = "+12025550113"
ON_CALL_2 = "+12025550114"
SUPERVISOR = "+12025550115"
STAFF = (SUPPORTER, ON_CALL_1, ON_CALL_2, SUPERVISOR)
SANITIZER_SAYS = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:")
PARTS = ("redis", "gateway", "scheduler", "carrier")

# The demo in seconds; reminder and missed together stay shorter than every.
FAST = [
    (r"every: \S+", "every: 24s"),
    (r"first_after: \S+", "first_after: 1s"),
    (r"reminder_after: \S+", "reminder_after: 3s"),
    (r"missed_after: \S+", "missed_after: 3s"),
    (r"late_limit: \S+", "late_limit: 15s"),
    (r"next_person: \S+", "next_person: 4s"),
]


class Timeout(AssertionError):
    pass


def wait_until(condition, timeout=10, what="a condition", every=0.05):
    """Polls until `condition()` is true and gives that value; Timeout after `timeout` seconds."""
    deadline = time.monotonic() + timeout * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout("waited %.0f s for %s" % (timeout * SLOW, what() if callable(what) else what))
        time.sleep(every)


def free_ports(n):
    """Free now, and likely to stay so: below those that the system gives to whoever connects, and of this process only
    when several test side by side (pytest-xdist)."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    sockets = []
    try:
        while len(sockets) < n:
            s = socket.socket()
            try:
                s.bind(("127.0.0.1", random.randrange(4000) + 12000 + worker % 4 * 4000))
            except OSError:
                s.close()
                continue
            sockets.append(s)
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def fits(body, containing):
    """`containing`: None, a text (any case), a compiled pattern, a function, or a list of these (all)."""
    if containing is None:
        return True
    if isinstance(containing, (list, tuple)):
        return all(fits(body, one) for one in containing)
    if callable(containing):
        return bool(containing(body))
    if hasattr(containing, "search"):
        return containing.search(body) is not None
    return containing.lower() in body.lower()


class House:
    """One installation. `edits`: file under config/ -> list of (pattern, replacement); each pattern must
    be found. `env`: more environment. Nothing runs before start()."""

    def __init__(self, edits=None, env=None, build=BUILD):
        self.folder = tempfile.mkdtemp(prefix="wl-")  # short: the path of a unix socket has 107 bytes
        self.state = os.path.join(self.folder, "state")
        self.config = os.path.join(self.folder, "config")
        self.up_log = os.path.join(self.folder, "up.log")
        self.build = build
        self.up = None
        self.entries, self.last_n, self.run = [], 0, None  # the carrier's log as far as it was read
        self.pids = set()
        self.options = []  # of `warmline up`
        shutil.copytree(os.path.join(ROOT, "config"), self.config)
        for name, changes in (edits or {}).items():
            self.edit(name, changes)
        self.port, self.carrier_port = free_ports(2)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("WARMLINE_") and "proxy" not in k.lower()}
        self.env.update(WARMLINE_STATE=self.state, WARMLINE_PORT=str(self.port),
                        WARMLINE_CARRIER_PORT=str(self.carrier_port),
                        WARMLINE_CONFIG=os.path.join(self.config, "warmline.yaml"), **(env or {}))
        for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"):  # one file per process
            self.env[name] = ":".join(filter(None, [self.env.get(name), "log_path=%s/sanitizer" % self.folder]))
        self.session = requests.Session()
        self.session.trust_env = False

    # --- life ---------------------------------------------------------------------------------

    def edit(self, name, changes):
        path = os.path.join(self.config, name)
        with open(path) as f:
            text = f.read()
        for pattern, replacement in changes:
            text, n = re.subn(pattern, replacement, text)
            assert n, "%s: nothing matches %r" % (name, pattern)
        with open(path, "w") as f:
            f.write(text)

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def launch(self):
        """Starts `warmline up` without waiting. Its output goes to self.up_log."""
        assert os.access(self.program("warmline"), os.X_OK), "%s is missing; build it first" % self.program("warmline")
        assert self.up is None or self.up.poll() is not None, "up runs already"
        with open(self.up_log, "ab") as out:
            self.up = subprocess.Popen([self.program("warmline"), "up", *self.options], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        self.forget_log()

    def start(self, timeout=30):
        self.launch()
        self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=30):
        wait_until(self.is_ready, timeout, lambda: "warmline to be ready; it said:\n" + self.output())

    def is_ready(self):
        assert self.up.poll() is None, "warmline up ended with %s:\n%s" % (self.up.returncode, self.output())
        self.remember_pids()
        try:
            return (self.get("/readyz", timeout=2).status_code == 200
                    and (not self.has_carrier() or self.carrier("GET", "/sim/phones", timeout=2).status_code == 200))
        except requests.RequestException:
            return False

    def has_carrier(self):
        """With accounts at providers only, `up` starts no telephone company."""
        with open(os.path.join(self.config, "warmline.yaml")) as f:
            return bool(re.search(r"^[^#\n]*kind: simulator", f.read(), re.M))

    def stop(self, timeout=30):
        """SIGTERM to `up`, as Ctrl-C would; gives its exit code. Everything it started must be gone."""
        self.remember_pids()
        self.up.send_signal(signal.SIGTERM)
        try:
            code = self.up.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            raise Timeout("warmline up did not stop; it said:\n" + self.output())
        left = [name for name in PARTS if self.alive(self.pid(name))]
        assert not left, "still running after the stop: %s" % ", ".join(left)
        return code

    def sanitizer_findings(self):
        """What the sanitizers said about any process of this house: the parts, `up`, the command."""
        found = []
        for name in glob.glob(self.folder + "/sanitizer.*") + glob.glob(self.state + "/log/*.log") + [self.up_log]:
            if os.path.exists(name):
                with open(name, errors="replace") as f:
                    text = f.read()
                if os.path.basename(name).startswith("sanitizer.") or SANITIZER_SAYS.search(text):
                    found.append("%s:\n%s" % (os.path.basename(name), text[-6000:]))
        return "\n".join(found)

    def close(self):
        """For finalizers: whatever still runs is killed, the folder removed. Fails when a sanitizer found something."""
        self.remember_pids()
        self.session.close()
        if self.up is not None and self.up.poll() is None:
            try:
                self.up.send_signal(signal.SIGTERM)
                self.up.wait(20 * SLOW)
            except subprocess.TimeoutExpired:
                self.up.kill()
                self.up.wait()
        for pid in self.pids:
            if self.alive(pid) and self.is_ours(pid):
                os.kill(pid, signal.SIGKILL)
        found = self.sanitizer_findings()
        shutil.rmtree(self.folder, ignore_errors=True)
        assert not found, found

    def output(self):
        try:
            with open(self.up_log, errors="replace") as f:
                return f.read()[-8000:]
        except FileNotFoundError:
            return ""

    # --- processes ----------------------------------------------------------------------------

    def pid(self, name):
        """Of redis, gateway, scheduler, carrier (from its pid file) or up; None when there is none."""
        if name == "up":
            return self.up.pid if self.up and self.up.poll() is None else None
        try:
            with open(os.path.join(self.state, name + ".pid")) as f:
                return int(f.read())
        except (FileNotFoundError, ValueError):
            return None

    def remember_pids(self):
        self.pids.update(pid for pid in map(self.pid, PARTS) if pid)

    @staticmethod
    def alive(pid):
        if not pid:
            return False
        try:
            with open("/proc/%d/stat" % pid) as f:
                return f.read().rsplit(")", 1)[1].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    def is_ours(self, pid):
        """A number can be given to another process: ours have our state folder in their environment."""
        try:
            with open("/proc/%d/environ" % pid, "rb") as f:
                return ("WARMLINE_STATE=" + self.state).encode() in f.read()
        except OSError:
            return False

    def kill(self, name, sig=signal.SIGKILL):
        """Sends a signal to a part and gives the process id it had."""
        pid = wait_until(lambda: self.pid(name) if self.alive(self.pid(name)) else None, 15, "a living " + name)
        self.pids.add(pid)
        os.kill(pid, sig)
        return pid

    def wait_restarted(self, name, old_pid, timeout=20):
        """Until `up` has started the part again after `old_pid`; gives the new process id."""
        def restarted():
            pid = self.pid(name)
            return pid if pid and pid != old_pid and self.alive(pid) else None
        pid = wait_until(restarted, timeout, lambda: "%s to be started again; up said:\n%s" % (name, self.output()))
        self.pids.add(pid)
        return pid

    # --- the carrier --------------------------------------------------------------------------

    def get(self, path, **options):
        return self.session.get("http://127.0.0.1:%d%s" % (self.port, path), **{"timeout": 10, **options})

    def carrier(self, method, path, **options):
        return self.session.request(method, "http://127.0.0.1:%d%s" % (self.carrier_port, path), **{"timeout": 30, **options})

    def send(self, sender, body, to=PROGRAM, **more):
        """A handset texts; gives the carrier's answer {"sid", "status"}."""
        answer = self.carrier("POST", "/sim/text", json={"from": sender, "to": to, "body": body, **more})
        assert answer.status_code in (200, 202), answer.text
        return answer.json()

    def text(self, sender, body, to=PROGRAM, **more):
        """A handset texts, and the gateway must take it; gives the sid."""
        answer = self.send(sender, body, to, **more)
        assert answer["status"] == 200, answer
        return answer["sid"]

    def fault(self, **fault):
        answer = self.carrier("POST", "/sim/faults", json=fault)
        assert answer.status_code == 200, answer.text

    def clear_faults(self):
        assert self.carrier("DELETE", "/sim/faults").status_code == 200

    def log(self, since=0):
        """The carrier's entries with n > since."""
        answer = self.carrier("GET", "/sim/log?since=%d" % self.last_n)
        assert answer.status_code == 200, answer.text
        if self.run not in (None, answer.headers["Carrier-Run"]):
            raise AssertionError("the carrier started again: what it knew before is gone; call forget_log()")
        self.run = answer.headers["Carrier-Run"]
        for entry in answer.json():
            self.entries.append(entry)
            self.last_n = entry["n"]
        return [entry for entry in self.entries if entry["n"] > since]

    def forget_log(self):
        """A new carrier knows nothing of before and counts from 1."""
        self.entries, self.last_n, self.run = [], 0, None

    def mark(self):
        """A point in the log, for `since`."""
        self.log()
        return self.last_n

    def outbound(self, to=None, containing=None, since=0):
        return [e for e in self.log(since) if e["kind"] == "outbound" and to in (None, e["to"]) and fits(e["body"], containing)]

    def wait_outbound(self, to, containing=None, timeout=10, since=0, count=1):
        """Until `to` got a text that fits; gives the entry (the count-th)."""
        def found():
            entries = self.outbound(to, containing, since)
            return entries[count - 1] if len(entries) >= count else None
        return wait_until(found, timeout, lambda: "a text to %s with %r; it got: %s" % (
            to, containing, [e["body"] for e in self.outbound(to, since=since)]))

    def stays_quiet(self, seconds, to=None, containing=None, since=0):
        """Nothing that fits comes for so long. The one place where time itself is the promise."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.outbound(to, containing, since)
            assert not found, "expected no text, but: %s" % [(e["to"], e["body"]) for e in found]
            time.sleep(0.1)

    # --- the command --------------------------------------------------------------------------

    def cli(self, *args, code=0, stdin=None, timeout=30):
        """Runs `warmline args`; gives its standard output. `code` None = any exit code is fine."""
        done = subprocess.run([self.program("warmline"), *args], cwd=self.folder, env=self.env, input=stdin, text=True,
                              capture_output=True, timeout=timeout * SLOW)
        assert code is None or done.returncode == code, "warmline %s ended with %d:\n%s%s" % (
            " ".join(args), done.returncode, done.stdout, done.stderr)
        return done.stdout

    def history(self, person):
        """`warmline log PERSON --json`: a list of entries, as people would see them. [] when nobody is known."""
        done = subprocess.run([self.program("warmline"), "log", person, "--json"], cwd=self.folder, env=self.env, text=True,
                              capture_output=True, timeout=30 * SLOW)
        return [json.loads(line) for line in done.stdout.splitlines()] if done.returncode == 0 else []

    def texts_in(self, person):
        """Provider ids of the texts that stand in a person's log, in order, as often as they stand there."""
        return [e["provider_id"] for e in self.history(person) if e["kind"] == "text-in"]

    def enroll(self, number, name="Maya", confirmed=True, program="demo", code=0, **options):
        args = ["enroll", "--program", program, "--number", number, "--name", name]
        for key, value in options.items():
            args += ["--" + key.replace("_", "-"), value]
        return self.cli(*args, *(["--confirmed"] if confirmed else []), code=code)
