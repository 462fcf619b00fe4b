"""The Dockerfile's steps, run by hand in fresh Debian roots: what an engine would do, without one.

It takes minutes and needs root, debootstrap and a Debian mirror, so it runs only when asked for:
    WARMLINE_CHROOT=1 make test
"""
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile

import pytest
import requests

from house import ROOT, free_ports, wait_until

IMAGE = "bookworm"  # debian:12


def why_not():
    if os.environ.get("WARMLINE_CHROOT") != "1":
        return "takes minutes: WARMLINE_CHROOT=1 make test runs it"
    if os.geteuid() != 0:
        return "only root may make a chroot"
    missing = [tool for tool in ("debootstrap", "unshare", "chroot") if not shutil.which(tool)]
    return "not installed: " + ", ".join(missing) if missing else ""


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")


def apt_files():
    return glob.glob("/etc/apt/sources.list") + glob.glob("/etc/apt/sources.list.d/*.list") + glob.glob("/etc/apt/sources.list.d/*.sources")


def mirror():
    """The Debian mirror that this machine uses, and the files that name it."""
    for name in apt_files():
        with open(name) as f:
            text = f.read()
        found = re.search(r"^URIs:\s*(\S+)", text, re.M) or re.search(r"^deb\s+(?:\[.*?\]\s+)?(\S+)\s+%s\b" % IMAGE, text, re.M)
        if found and IMAGE in text:
            return found.group(1), name
    pytest.fail("no file in /etc/apt names a mirror of " + IMAGE)


def instructions():
    """The Dockerfile as a list of (word, rest)."""
    with open(os.path.join(ROOT, "docker/Dockerfile")) as f:
        text = re.sub(r"^\s*#.*\n", "", f.read(), flags=re.M).replace("\\\n", " ")
    return [line.split(None, 1) for line in text.splitlines() if line.strip()]


class Stage:
    """One FROM ... and what follows it."""

    def __init__(self, root, base):
        self.root, self.folder, self.user = root, "/", "root"
        self.env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"}
        self.entrypoint, self.command = [], []
        subprocess.run(["cp", "-a", base, root], check=True)

    def inside(self, words):
        """Own mounts and processes: nothing that a package starts outlives the step."""
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc=" + self.root + "/proc",
                "chroot", "--userspec=" + self.user, self.root, "env", "-i", "-C", self.folder,
                *["%s=%s" % pair for pair in self.env.items()], *words]

    def run(self, command):
        done = subprocess.run(self.inside(["sh", "-c", command]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, "RUN %s\n%s" % (command, done.stdout[-4000:])

    def copy(self, rest, stages):
        options, words = {}, rest.split()
        while words[0].startswith("--"):
            key, value = words.pop(0)[2:].split("=")
            options[key] = value
        source, target = words
        target = os.path.join(self.root, target.lstrip("/"))
        if "from" in options:
            subprocess.run(["cp", "-a", os.path.join(stages[options["from"]].root, source.lstrip("/")) + "/.", target], check=True)
        elif source == ".":
            copy_context(target)
        else:
            shutil.copy(os.path.join(ROOT, source), target)
        if "chmod" in options:
            os.chmod(target, int(options["chmod"], 8))

    def step(self, word, rest, stages):
        if word == "RUN":
            self.run(rest)
        elif word == "COPY":
            self.copy(rest, stages)
        elif word == "WORKDIR":
            self.folder = rest
        elif word == "ENV":
            self.env.update(pair.split("=", 1) for pair in rest.split())
        elif word == "USER":
            self.user = "%s:%s" % (rest, rest)
        elif word == "ENTRYPOINT":
            self.entrypoint = json.loads(rest)
        elif word == "CMD":
            self.command = json.loads(rest)
        else:
            assert word in ("VOLUME", "EXPOSE", "HEALTHCHECK"), word


def copy_context(target):
    """What git knows of, as it lies here: .dockerignore names only what git ignores too."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, names)):
        if os.path.exists(os.path.join(ROOT, name)):
            os.makedirs(os.path.join(target, os.path.dirname(name)), exist_ok=True)
            shutil.copy2(os.path.join(ROOT, name), os.path.join(target, name))


@pytest.fixture
def base():
    folder = tempfile.mkdtemp(prefix="wl-image-", dir=os.environ.get("TMPDIR", "/var/tmp"))
    root = os.path.join(folder, "base")
    try:
        address, sources = mirror()
        done = subprocess.run(["debootstrap", "--variant=minbase", IMAGE, root, address], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout[-2000:]
        os.unlink(os.path.join(root, "etc/apt/sources.list"))
        shutil.copy(sources, os.path.join(root, "etc/apt", os.path.relpath(sources, "/etc/apt")))
        for name in glob.glob("/etc/apt/apt.conf.d/*") + ["/etc/resolv.conf", "/etc/hosts"]:
            if name not in glob.glob("/etc/apt/apt.conf.d/*debconf*"):  # of a package that is not there
                shutil.copy(name, os.path.join(root, name.lstrip("/")))
        yield root
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def build(base):
    stages, stage = {}, None
    for word, rest in instructions():
        if word == "FROM":
            name = rest.split(" AS ")[1] if " AS " in rest else "last"
            assert rest.split()[0] == "debian:12"
            stages[name] = stage = Stage(os.path.join(os.path.dirname(base), name), base)
        else:
            stage.step(word, rest, stages)
    return stage


def answers(port, path):
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get("http://127.0.0.1:%d%s" % (port, path), timeout=2).status_code == 200
        except requests.RequestException:
            return False


def test_steps_of_the_dockerfile_end_in_a_house_that_answers(base):
    image = build(base)
    port, carrier_port = free_ports(2)
    image.env.update(WARMLINE_PORT=str(port), WARMLINE_CARRIER_PORT=str(carrier_port))
    up = subprocess.Popen(image.inside(image.entrypoint + image.command), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: answers(port, "/readyz") or up.poll() is not None, 60, "the image to be ready")
        assert up.poll() is None, up.stdout.read().decode()
        assert answers(carrier_port, "/")
        image.run("warmline check && warmline list people")
    finally:
        up.kill()  # unshare takes everything inside with it
        up.wait()
