"""What Redis, the disk and the operator can do to a running house: nobody is refused, nothing is lost, and it is said."""
import collections
import os
import re
import resource
import signal
import threading
import time

import pytest
import redis
import requests

from flood import Flood
from house import PROGRAM, House, wait_until
from webhook import Wire

NUMBER = "+12025550170"


@pytest.fixture(scope="module")
def house():
    house = House()
    try:
        house.start()
        yield house
    finally:
        print(house.output())
        house.close()


def client(house):
    return redis.Redis(unix_socket_path=os.path.join(house.state, "redis.sock"), socket_timeout=5)


def ready(house):
    answer = house.get("/readyz")
    return answer.status_code, answer.text


def workers(house):
    with open("/proc/%d/task/%d/children" % (house.pid("gateway"), house.pid("gateway"))) as f:
        return [int(pid) for pid in f.read().split()]


serial = iter(range(1000))


def flooded(house, trouble, total=400, senders=20):
    """A flood with trouble in the middle of it. Nothing may be refused, lost, doubled or put out of order."""
    flood = Flood(house, total, senders=senders)
    first = next(serial) * senders
    flood.numbers = ["+1313555%04d" % (first + i) for i in range(senders)]
    started = threading.Event()

    def meanwhile(f):
        wait_until(lambda: len(f.answers) > total // 10, 20)
        started.set()
        trouble()

    flood.run(meanwhile)
    assert started.is_set()
    assert collections.Counter(status for _, _, status in flood.answers) == {200: len(flood.answers)}
    assert flood.problems() == []
    house.wait_ready(30)


def waits_for(house, words):
    """Until /readyz gives that reason; texts go on being taken."""
    def told():
        status, text = ready(house)
        return status == 503 and words in text and "journal" in text
    wait_until(told, 20, lambda: "%r in %r" % (words, ready(house)))
    assert house.get("/healthz").status_code == 200
    assert Wire(house).text(NUMBER, "during the outage").status == 200


# --- Redis ----------------------------------------------------------------------------------------


def test_redis_out_of_memory(house):
    def trouble():
        client(house).config_set("maxmemory", "1mb")
        try:
            waits_for(house, "out of memory")
        finally:
            client(house).config_set("maxmemory", "0")
    flooded(house, trouble)


def test_redis_read_only(house):
    def trouble():
        client(house).execute_command("REPLICAOF", "127.0.0.1", "1")
        try:
            waits_for(house, "read-only")
        finally:
            client(house).execute_command("REPLICAOF", "NO", "ONE")
    flooded(house, trouble)


def test_redis_that_cannot_save(house):
    """MISCONF: snapshots are on and fail."""
    blocked = os.path.join(house.state, "redis", "dump.rdb")

    def trouble():
        c = client(house)
        os.makedirs(os.path.join(blocked, "x"))
        c.config_set("save", "1 1")
        try:
            c.bgsave()
        except redis.RedisError:
            pass
        try:
            waits_for(house, "its disk fails")
        finally:
            c.config_set("save", "")
            os.removedirs(os.path.join(blocked, "x"))
    flooded(house, trouble)


def test_redis_without_our_functions(house):
    def trouble():
        for _ in range(5):
            client(house).execute_command("FUNCTION", "FLUSH")
            time.sleep(0.05)
    flooded(house, trouble)


def test_redis_busy_with_a_script(house):
    def trouble():
        endless = redis.Redis(unix_socket_path=os.path.join(house.state, "redis.sock"), socket_timeout=1)
        with pytest.raises(redis.RedisError):
            endless.eval("while true do end", 0)
        try:
            waits_for(house, "store")
        finally:
            wait_until(lambda: script_killed(house), 10)
    flooded(house, trouble)


def script_killed(house):
    try:
        return client(house).script_kill()
    except redis.RedisError as e:
        return "NOTBUSY" in str(e)


@pytest.mark.parametrize("how", ["shutdown", "kill", "stop"])
def test_redis_gone_for_a_while(house, how):
    def trouble():
        pid = house.pid("redis")
        if how == "shutdown":
            try:
                client(house).shutdown(nosave=True)
            except redis.RedisError:
                pass
            house.wait_restarted("redis", pid)
        elif how == "kill":
            house.wait_restarted("redis", house.kill("redis"))
        else:
            house.kill("redis", signal.SIGSTOP)
            waits_for(house, "no connection to Redis")
            os.kill(pid, signal.SIGCONT)
    flooded(house, trouble)


# --- the journal ----------------------------------------------------------------------------------


def limit_files(house, size):
    for pid in workers(house):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_every_row_of_the_table_of_journal_and_store(house):
    """reliability.md C1. A limit on file sizes stands for a disk that takes nothing."""
    wire = Wire(house)
    pids = workers(house)
    sids = []

    def text(body):
        sids.append("SMrow%027d" % len(sids))
        return wire.text("+12025550172", body, sids[-1])

    limit_files(house, 4096)
    try:
        for _ in range(8):
            assert text("journal sick, store well").status == 200
        status, told = ready(house)
        assert status == 503 and "journal" in told
        assert house.get("/healthz").status_code == 503
        stopped = house.kill("redis", signal.SIGSTOP)
        try:
            for _ in range(4):
                answer = text("both sick")
                assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
        finally:
            os.kill(stopped, signal.SIGCONT)
    finally:
        limit_files(house, resource.RLIM_INFINITY)
    wait_until(lambda: ready(house)[0] == 200, 20, lambda: ready(house))
    assert text("well again").status == 200
    assert workers(house) == pids
    wait_until(lambda: house.texts_in("+12025550172") == sids, 20, lambda: house.texts_in("+12025550172"))
    said = house.get("/metrics").text
    assert re.search(r"warmline_events_without_journal_total [1-9]", said)
    assert re.search(r"warmline_texts_not_durable_total [1-9]", said)


# --- the operator ---------------------------------------------------------------------------------


def test_gateway_that_is_told_to_stop_owes_nobody_and_refuses_nobody(house):
    """The socket is inherited: while one gateway drains and the next starts, callers wait."""
    def trouble():
        for _ in range(3):
            old = house.kill("gateway", signal.SIGTERM)
            house.wait_restarted("gateway", old)
            wait_until(lambda: answers(house), 20)
    flooded(house, trouble, total=1200)


def answers(house):
    try:
        return house.get("/healthz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_scheduler_that_stood_still_decides_nothing_twice(new_house):
    house = new_house().start()
    participants = ["+1202555018%d" % i for i in range(6)]
    for number in participants:
        house.enroll(number)
    pid = house.kill("scheduler", signal.SIGSTOP)
    flood = Flood(house, 120, senders=12)
    flood.run()
    try:
        wait_until(lambda: "silent" in ready(house)[1], 40)
        assert ready(house)[0] == 200  # texts are taken and kept
    finally:
        os.kill(pid, signal.SIGCONT)
    assert flood.problems() == []
    wait_until(lambda: "silent" not in ready(house)[1], 20)
    for number in participants:
        written = collections.Counter(e["body"] for e in house.history(number) if e["kind"] == "text-out")
        taken = collections.Counter(e["body"] for e in house.outbound(number))
        assert not taken - written, number


# --- nothing private ------------------------------------------------------------------------------


def test_no_number_and_no_word_is_in_a_log(house):
    said = house.get("/metrics").text + house.output()
    for name in os.listdir(os.path.join(house.state, "log")):
        with open(os.path.join(house.state, "log", name), errors="replace") as f:
            said += f.read()
    for canary in (NUMBER[2:], PROGRAM[2:], "1313555", "the same words", "during the outage", "both sick"):
        assert canary not in said, canary
