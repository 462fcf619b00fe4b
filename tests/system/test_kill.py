"""kill -9 of anything, at any moment, under load: every 200 is in a log exactly once."""
import collections
import os
import random
import shutil
import signal
import time

import pytest

from flood import Flood
from house import SLOW, wait_until

TEXTS = int(os.environ.get("WARMLINE_FLOOD", "2000"))  # the release runs 10000
OUTAGE_S = float(os.environ.get("WARMLINE_OUTAGE", "6"))
OFTEN = {"programs/demo.yaml": [(r"every: \S+", "every: 12s"), (r"first_after: \S+", "first_after: 1s"),
                                (r"reminder_after: \S+", "reminder_after: 3s"),
                                (r"missed_after: \S+", "missed_after: 3s"), (r"late_limit: \S+", "late_limit: 10s")]}


def doubled(house, numbers):
    """Texts that the carrier took more often than the person's log says they were written."""
    wrong = []
    for number in numbers:
        written = collections.Counter(e["body"] for e in house.history(number) if e["kind"] == "text-out")
        taken = collections.Counter(e["body"] for e in house.outbound(number))
        wrong += [(number, body, n, written[body]) for body, n in taken.items() if n > written[body]]
    return wrong


@pytest.mark.parametrize("part", ["gateway", "scheduler", "redis"])
def test_kill_under_load_loses_and_doubles_nothing(new_house, part):
    house = new_house(edits=OFTEN).start()
    participants = ["+1202555018%d" % i for i in range(8)]
    for number in participants:
        house.enroll(number)
    chance = random.Random(part)
    kills = []

    def trouble(flood):
        """A random moment of every life; counted from its start, or a slow machine would never serve."""
        life = 0.2
        while not flood.stopped.wait(life):
            kills.append(house.kill(part, signal.SIGKILL))
            wait_until(lambda: flood.stopped.is_set() or house.alive(house.pid(part)), 30, "a living " + part)
            life = chance.uniform(0.05, 1.5 * SLOW)

    flood = Flood(house, TEXTS)
    flood.run(trouble)
    house.wait_ready(60)
    assert kills, "the flood was over before anything was killed"
    assert flood.problems() == []
    assert doubled(house, participants) == []


def test_gateway_workers_killed_under_load(new_house):
    house = new_house().start()

    def trouble(flood):
        while not flood.stopped.wait(0.8):
            master = house.pid("gateway")
            for pid in open("/proc/%d/task/%d/children" % (master, master)).read().split():
                os.kill(int(pid), signal.SIGKILL)

    flood = Flood(house, TEXTS // 2)
    flood.run(trouble)
    assert flood.problems() == []


def test_redis_stopped_for_a_while_is_not_noticed_by_the_carrier(new_house):
    """Redis down: the journal answers; afterwards everything is in the logs, in order."""
    house = new_house().start()

    def trouble(flood):
        time.sleep(0.2)
        pid = house.kill("redis", signal.SIGSTOP)
        over = flood.stopped.wait(OUTAGE_S)
        os.kill(pid, signal.SIGCONT)
        assert not over, "the flood was over before Redis came back"

    flood = Flood(house, 16 * 60, senders=16, pause_s=OUTAGE_S / 40)
    flood.run(trouble)
    assert collections.Counter(status for _, _, status in flood.answers) == {200: len(flood.answers)}
    assert flood.problems() == []


def test_everything_killed_and_started_again_is_still_known(new_house):
    house = new_house().start()
    flood = Flood(house, 400, senders=16)
    flood.run()
    house.kill("up", signal.SIGKILL)
    house.up.wait()
    wait_until(lambda: not any(house.alive(house.pid(part)) for part in ("gateway", "scheduler", "redis")), 20)
    house.start()
    assert flood.problems() == []


def exchange(house, first, second):
    """Copies Redis' files while it does not run; `up` starts it again afterwards."""
    up = house.up.pid
    os.kill(up, signal.SIGSTOP)
    try:
        pid = house.kill("redis", signal.SIGKILL)
        wait_until(lambda: not house.alive(pid), 10)
        shutil.rmtree(second, ignore_errors=True)
        shutil.copytree(first, second)
    finally:
        os.kill(up, signal.SIGCONT)
    house.wait_restarted("redis", pid)
    house.wait_ready(30)


def test_journal_gives_back_what_redis_forgot(new_house):
    """The rollback canary: Redis comes back from an older copy, the journal fills the gap."""
    house = new_house().start()
    folder = os.path.join(house.state, "redis")
    first = Flood(house, 64, senders=8)
    first.run()
    assert first.problems() == []
    copy = os.path.join(house.folder, "older")
    exchange(house, folder, copy)
    time.sleep(3)  # ticks that the older copy will not have
    second = Flood(house, 64, senders=8)
    second.run()
    assert second.problems() == []
    exchange(house, copy, folder)
    assert second.problems(60) == []
    assert first.problems() == []


def outcomes(house, number):
    return [e.get("status") for e in house.history(number) if e["kind"] == "outcome"]


@pytest.mark.parametrize("killed", ["nobody", "scheduler"])
def test_nobody_gets_a_check_in_twice_when_redis_forgot_it(new_house, killed):
    """The sender's journal: Redis comes back from a copy older than the check-ins."""
    slow = {"programs/demo.yaml": [(r"every: \S+", "every: 20m"), (r"first_after: \S+", "first_after: 12s"),
                                   (r"reminder_after: \S+", "reminder_after: 5m"),
                                   (r"missed_after: \S+", "missed_after: 5m"), (r"late_limit: \S+", "late_limit: 5m")]}
    house = new_house(edits=slow).start()
    folder, copy = os.path.join(house.state, "redis"), os.path.join(house.folder, "older")
    participants = ["+1202555018%d" % i for i in range(6)]
    for number in participants:
        house.enroll(number)
    exchange(house, folder, copy)
    assert not any(house.outbound(n, "Reply 1") for n in participants), "the copy must be older than the check-ins"
    for number in participants:
        house.wait_outbound(number, "Reply 1", timeout=60)
    wait_until(lambda: all(outcomes(house, n).count("accepted") == 2 for n in participants), 20)
    before = {n: len(house.outbound(n)) for n in participants}
    if killed == "scheduler":
        house.wait_restarted("scheduler", house.kill("scheduler", signal.SIGKILL))
    exchange(house, copy, folder)
    wait_until(lambda: all(outcomes(house, n).count("accepted") >= 2 for n in participants), 60)
    mark = house.mark()
    house.text(participants[0], "1")  # lane 1 works again, and so does what the check-in waits for
    house.wait_outbound(participants[0], timeout=60, since=mark)
    assert [e["kind"] for e in house.history(participants[0])].count("text-in") == 1
    house.stays_quiet(5, since=house.mark())
    assert {n: len(house.outbound(n)) for n in participants[1:]} == {n: before[n] for n in participants[1:]}
    assert doubled(house, participants) == []
    wait_until(lambda: 'warmline_recalls_total{scheduler="0",result="news"}' in house.get("/metrics").text, 5)
