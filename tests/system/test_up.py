"""`warmline up`: starts whole or not at all, keeps its parts alive, leaves nothing behind."""
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

from house import PARTS, House, free_ports, wait_until

ALL = PARTS + ("up",)


@pytest.fixture(scope="module")
def running():
    house = House()
    try:
        house.start()
        yield house
    finally:
        print(house.output())
        house.close()


def refused(house, words, env=None, code=1):
    """A start that fails: one clear sentence, the exit code, nothing left behind. Gives the sentence."""
    done = subprocess.run([house.program("warmline"), "up"], cwd=house.folder, env={**house.env, **(env or {})},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    sentences = done.stderr.strip().splitlines()
    assert len(sentences) == 1, done.stderr
    for word in words:
        assert word in sentences[0]
    return sentences[0]


def nothing_runs(house):
    assert [n for n in PARTS if house.alive(house.pid(n))] == []
    assert [n for n in ALL if os.path.exists(os.path.join(house.state, n + ".pid"))] == []
    assert not os.path.exists(os.path.join(house.state, "redis.sock"))


def test_three_lines_tell_where_what_and_how_to_stop(running):
    wait_until(lambda: len(running.output().splitlines()) >= 3, 10, "three lines")
    lines = running.output().splitlines()
    assert len(lines) == 3
    assert "http://127.0.0.1:%d/" % running.carrier_port in lines[0]
    assert "JOIN" in lines[1] and "Alex" in lines[1] and "YES" in lines[1]
    assert "Ctrl-C" in lines[2] and running.state in lines[2]


def test_pid_files_name_what_runs(running):
    for name in PARTS:
        pid = running.pid(name)
        with open("/proc/%d/comm" % pid) as f:
            comm = f.read().strip()
        assert comm in ("redis-server", ("warmline-" + name)[:15])
        assert running.is_ours(pid)
    with open(os.path.join(running.state, "up.pid")) as f:
        assert int(f.read()) == running.up.pid


def test_state_is_for_its_owner_only(running):
    for root, folders, files in os.walk(running.state):
        for name in folders:
            assert os.stat(os.path.join(root, name)).st_mode & 0o077 == 0, name
    assert os.stat(os.path.join(running.state, "keys")).st_mode & 0o777 == 0o600


def test_second_up_on_the_same_state_refuses_and_disturbs_nothing(running):
    before = [running.pid(n) for n in PARTS]
    refused(running, ["already running", running.state, "kill %d" % running.up.pid])
    assert [running.pid(n) for n in PARTS] == before
    assert running.is_ready()


@pytest.mark.parametrize("variable,port", [("WARMLINE_PORT", "port"), ("WARMLINE_CARRIER_PORT", "carrier_port")])
def test_taken_port_is_one_sentence_before_anything_starts(new_house, variable, port):
    house = new_house()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        refused(house, [str(number), variable], {variable: str(number)})
    nothing_runs(house)
    assert not os.path.exists(os.path.join(house.state, "keys"))


@pytest.mark.parametrize("part", PARTS)
def test_part_that_is_killed_is_started_again(running, part):
    old = running.kill(part, signal.SIGKILL)
    running.wait_restarted(part, old)
    running.wait_ready()


def test_port_never_refuses_while_the_gateway_is_started_again(running):
    old = running.kill("gateway", signal.SIGKILL)
    tries = 0
    while running.pid("gateway") in (None, old) or tries < 20:
        with socket.create_connection(("127.0.0.1", running.port), timeout=5):
            tries += 1
    running.wait_restarted("gateway", old)
    running.wait_ready()


def test_redis_killed_and_a_second_server_cannot_take_its_folder(running):
    """Change 10: the lock outlives every single Redis, because `up` holds it too."""
    old = running.kill("redis", signal.SIGKILL)
    done = subprocess.run(["flock", "--nonblock", os.path.join(running.state, "redis.lock"), "true"])
    assert done.returncode != 0
    running.wait_restarted("redis", old)
    running.wait_ready()


def test_stop_ends_everything_and_a_second_start_knows_everybody(new_house):
    house = new_house()
    house.start()
    house.enroll("+12025550150", "Maya")
    assert house.stop() == 0
    nothing_runs(house)
    house.start()
    assert "Maya" in house.cli("show", "+12025550150")
    assert house.stop() == 0
    nothing_runs(house)


def test_ctrl_c_in_the_terminal_stops_in_order(new_house):
    house = new_house()
    house.start()
    os.killpg(house.up.pid, signal.SIGINT)  # what a terminal does
    assert house.up.wait(30) == 0
    nothing_runs(house)


def test_killed_up_takes_its_parts_along_and_the_next_start_waits_for_them(new_house):
    house = new_house()
    house.start()
    house.enroll("+12025550150", "Maya")
    pids = [house.pid(n) for n in PARTS]
    house.up.kill()
    house.up.wait()
    house.launch()  # at once: the old ones are still ending, and the old gateway may answer for a moment
    wait_until(lambda: house.output().count("Ctrl-C") == 2, 30, lambda: "the second start:\n" + house.output())
    house.wait_ready()
    wait_until(lambda: not [p for p in pids if house.alive(p)], 20, "the old parts to end")
    assert "Maya" in house.cli("show", "+12025550150")


def test_state_folder_that_cannot_be_written_is_refused(new_house):
    house = new_house()
    with open(os.path.join(house.folder, "file"), "w"):
        pass
    refused(house, ["state folder", "WARMLINE_STATE"], {"WARMLINE_STATE": os.path.join(house.folder, "file", "state")})
    if os.getuid() != 0:
        os.mkdir(house.state, 0o500)
        refused(house, ["state folder", "WARMLINE_STATE"])


def test_path_too_long_for_a_socket_is_refused(new_house):
    house = new_house()
    done = subprocess.run([house.program("warmline"), "up"], cwd=house.folder, capture_output=True, text=True,
                          env={**house.env, "WARMLINE_STATE": os.path.join(house.folder, "x" * 100)}, timeout=60)
    assert done.returncode in (1, 4) and "shorter" in done.stderr and done.stdout == ""


@pytest.mark.skipif(os.getuid() != 0, reason="mounting a small disk needs root")
def test_full_disk_is_refused(new_house):
    house = new_house()
    os.mkdir(house.state, 0o700)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", house.state], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        refused(house, ["full", "MiB", "WARMLINE_STATE"])
        nothing_runs(house)
    finally:
        subprocess.run(["umount", house.state], check=True)


def path_with(folder, redis=None):
    """A PATH whose redis-server is the script `redis`, or is not there at all."""
    os.mkdir(folder)
    if redis:
        name = os.path.join(folder, "redis-server")
        with open(name, "w") as f:
            f.write("#!/bin/sh\n" + redis)
        os.chmod(name, 0o755)
    return folder


def test_redis_missing_says_how_to_install_it(new_house):
    house = new_house()
    path = path_with(os.path.join(house.folder, "bin"))
    refused(house, ["redis-server", "apt-get install redis-server"], {"PATH": path})
    nothing_runs(house)


def test_redis_too_old_says_which_is_needed(new_house):
    house = new_house()
    path = path_with(os.path.join(house.folder, "bin"), "echo 'Redis server v=6.0.16 sha=0:0 malloc=jemalloc bits=64'\n")
    refused(house, ["6.0.16", "Redis 7"], {"PATH": path})
    nothing_runs(house)


def test_redis_that_ends_at_once_is_told_with_its_last_words(new_house):
    house = new_house()
    path = path_with(os.path.join(house.folder, "bin"),
                     "[ \"$1\" = --version ] && { echo 'Redis server v=7.0.15 sha=0'; exit; }\n"
                     "echo 'Fatal: the disk is on fire'; exit 1\n")
    refused(house, ["redis does not start", "the disk is on fire"], {"PATH": path})
    nothing_runs(house)


def test_keys_that_are_gone_or_wrong_refuse_to_start(new_house):
    house = new_house()
    house.start()
    house.stop()
    keys = os.path.join(house.state, "keys")
    os.rename(keys, keys + ".away")
    refused(house, [keys, "missing", "backup"])
    assert not os.path.exists(keys)
    other = new_house()
    other.start()
    other.stop()
    shutil.copy(os.path.join(other.state, "keys"), keys)
    refused(house, ["key"])
    nothing_runs(house)
    os.chmod(keys, 0o644)
    refused(house, ["keys", "600"])
    os.unlink(keys)
    os.rename(keys + ".away", keys)
    house.start()
    house.stop()


def test_broken_configuration_is_told_before_anything_starts(new_house):
    house = new_house(edits={"warmline.yaml": [("zone: .*", "zone: Mars/Olympus\nwidth: 3")]})
    done = subprocess.run([house.program("warmline"), "up"], cwd=house.folder, env=house.env, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 4 and "Mars/Olympus" in done.stderr and "width" in done.stderr
    assert not os.path.exists(house.state)


def test_two_houses_run_beside_each_other(running, new_house):
    house = new_house()
    house.start()
    assert house.pid("redis") != running.pid("redis")
    assert house.stop() == 0
    assert running.is_ready()


def test_part_killed_while_starting_does_not_end_the_house(new_house):
    house = new_house()
    house.launch()
    old = None
    for _ in range(4):  # more often than failures of its own would be forgiven
        wait_until(lambda: house.pid("gateway") not in (None, old), 15, "a gateway")
        old = house.kill("gateway", signal.SIGKILL)
    house.wait_ready()
    assert house.stop() == 0


def test_stop_while_starting_leaves_nothing(new_house):
    house = new_house()
    for wait in (0.0, 0.05, 0.2, 0.5):
        house.port, house.carrier_port = free_ports(2)
        house.env.update(WARMLINE_PORT=str(house.port), WARMLINE_CARRIER_PORT=str(house.carrier_port))
        house.launch()
        wait_until(lambda: os.path.exists(os.path.join(house.state, "up.pid")), 10, "up to begin")
        time.sleep(wait)  # the moment of the signal is what is tried here
        house.up.send_signal(signal.SIGTERM)
        assert house.up.wait(30) == 0
        nothing_runs(house)
