"""The container files say what the Makefile says. (No engine is needed to run these tests.)"""
import os
import re
import shutil
import stat
import subprocess

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("WARMLINE_BUILD", os.path.join(ROOT, "build", "release"))
PROGRAMS = ["warmline", "warmline-gateway", "warmline-scheduler", "warmline-carrier"]


def read(name):
    with open(os.path.join(ROOT, name)) as f:
        return f.read()


def make_list(name):
    text = read("Makefile").replace("\\\n", " ")
    return set(re.search(r"^%s\s*:=(.*)$" % name, text, re.M).group(1).split())


def stages():
    """The packages that each stage of the Dockerfile installs."""
    text = re.sub(r"^#.*\n", "", read("docker/Dockerfile"), flags=re.M).replace("\\\n", " ")
    found = re.findall(r"apt-get install -y --no-install-recommends([^&\n]*)", text)
    return [set(one.split()) for one in found]


def compose():
    return yaml.safe_load(read("docker/compose.yaml"))


def linked_packages():
    """Debian packages of the libraries that our programs name themselves."""
    names = set()
    for program in PROGRAMS:
        out = subprocess.run(["readelf", "-d", os.path.join(BUILD, "bin", program)], check=True,
                             capture_output=True, text=True).stdout
        names |= set(re.findall(r"NEEDED.*\[(.*)\]", out))
    packages = set()
    for name in names:
        out = subprocess.run(["dpkg", "-S", "*-linux-gnu/" + name], capture_output=True, text=True).stdout
        packages |= {line.split(":")[0] for line in out.splitlines() if line.endswith("/" + name)}
    return packages - {"libc6", "libasan8", "libubsan1"}


def test_build_stage_installs_the_packages_of_the_makefile():
    assert stages()[0] == make_list("PKG_BUILD") | make_list("PKG_RUN")


def test_last_stage_installs_what_runs_and_what_is_linked():
    assert len(stages()) == 2
    assert stages()[1] == make_list("PKG_RUN") | linked_packages()


def test_image_does_not_run_as_root():
    last = read("docker/Dockerfile").split("FROM debian:12\n")[1]
    assert re.search(r"^USER warmline$", last, re.M)


def test_what_is_copied_is_there():
    assert os.stat(os.path.join(ROOT, "docker/entrypoint")).st_mode & stat.S_IXUSR
    for source in re.findall(r"^COPY (?:--chmod=\d+ )?(docker/\S+)", read("docker/Dockerfile"), re.M):
        assert os.path.exists(os.path.join(ROOT, source))


def test_compose_has_two_of_each_and_a_redis_that_keeps_its_word():
    services = compose()["services"]
    assert {"redis", "gateway-1", "gateway-2", "scheduler-1", "scheduler-2"} <= set(services)
    command = " ".join(services["redis"]["command"])
    for setting in ("--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"):
        assert setting in command


def test_compose_gives_every_part_its_own_state_and_a_health_check():
    services, volumes = compose()["services"], compose()["volumes"]
    states = []
    for name in ("gateway-1", "gateway-2", "scheduler-1", "scheduler-2"):
        assert "test" in services[name]["healthcheck"]
        own = [v for v in services[name]["volumes"] if v.endswith(":/var/lib/warmline")]
        assert len(own) == 1
        states += own
    assert len(set(states)) == 4
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in volumes or source.startswith("./")


def test_configuration_of_the_containers_is_in_order(tmp_path):
    config = tmp_path / "config"
    shutil.copytree(os.path.join(ROOT, "config"), config)
    secret = tmp_path / "twilio"
    secret.write_text("0123456789abcdef0123456789abcdef\n")
    secret.chmod(0o600)
    text = read("docker/warmline.yaml").replace("/run/secrets/twilio", str(secret))
    (config / "warmline.yaml").write_text(text)
    run = subprocess.run([os.path.join(BUILD, "bin", "warmline"), "check", "--config",
                          str(config / "warmline.yaml")], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "/run/redis-warmline/redis.sock" in run.stdout


def test_units_are_hardened():
    folder = os.path.join(ROOT, "config/systemd")
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".service"):
            continue
        text = read("config/systemd/" + name)
        assert "StartLimitIntervalSec=0" in text and "Restart=always" in text
        assert "\nUser=warmline\n" in text and "\nUMask=0077\n" in text
        if shutil.which("systemd-analyze"):
            run = subprocess.run(["systemd-analyze", "security", "--offline=true",
                                  os.path.join(folder, name)], capture_output=True, text=True)
            level = re.search(r"exposure level for \S+: ([0-9.]+)", run.stdout)
            assert level and float(level.group(1)) <= 1.5, run.stdout[-300:]


def test_manuals_have_no_warnings():
    if not shutil.which("man"):
        return
    folder = os.path.join(ROOT, "docs/man")
    for name in os.listdir(folder):
        run = subprocess.run(["man", "-l", "--warnings", "-Tutf8", os.path.join(folder, name)],
                             capture_output=True, text=True)
        assert run.returncode == 0 and run.stderr == ""
