"""kill -9 of anything, at any moment, under load: every 200 is in a log exactly once."""
import os
import random
import signal
import time

import pytest

from flood import Flood
from house import House

TEXTS = int(os.environ.get("WARMLINE_FLOOD", "2000"))


def check_ins_doubled(house):
    """A check-in that the carrier accepted more often than the log says it was written."""
    accepted, written = {}, {}
    for line in house.log():
        if line["kind"] == "outbound":
            accepted.setdefault((line["to"], line["body"]), []).append(line["sid"])
    doubled = []
    for number in {to for to, _ in accepted}:
        entries = house.person_log(number) or []
        for e in entries:
            if e["kind"] == "text-out":
                written.setdefault((number, e["body"]), set()).add(e["job"])
        for (to, body), sids in accepted.items():
            if to == number and len(sids) > len(written.get((to, body), ())):
                doubled.append((to, body, len(sids)))
    return doubled


@pytest.mark.parametrize("part", ["gateway", "scheduler", "redis"])
def test_kill_under_load_loses_and_doubles_nothing(tmp_path, part):
    with House(tmp_path, fast_demo=True) as house:
        participants = ["+120255530%02d" % i for i in range(8)]
        for n in participants:
            house.cli("enroll", "--program", "demo", "--number", n, "--name", "Pat", "--confirmed")
        flood = Flood(house, TEXTS)
        chance = random.Random(part)

        def trouble(flood):
            while not flood.stopped.wait(chance.uniform(0.3, 1.2)):
                house.kill(part, signal.SIGKILL)

        flood.run(trouble)
        house.wait_ready(60)
        assert flood.problems() == []
        assert check_ins_doubled(house) == []


def test_gateway_worker_killed_under_load(tmp_path):
    with House(tmp_path) as house:
        flood = Flood(house, TEXTS // 2)

        def trouble(flood):
            while not flood.stopped.wait(0.5):
                for pid in house.children(house.pid("gateway")):
                    os.kill(pid, signal.SIGKILL)

        flood.run(trouble)
        assert flood.problems() == []


def test_redis_stopped_for_a_while_is_not_noticed_by_the_carrier(tmp_path):
    """Redis down: the journal answers; afterwards everything is in the logs, in order."""
    seconds = float(os.environ.get("WARMLINE_OUTAGE", "6"))
    with House(tmp_path) as house:
        flood = Flood(house, max(TEXTS // 8, 200), senders=16)

        def trouble(flood):
            time.sleep(0.3)
            pid = house.pid("redis")
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(pid, signal.SIGCONT)

        flood.run(trouble)
        assert {status for _, _, status in flood.answers} == {200}
        assert flood.problems() == []


def test_whole_house_killed_and_started_again_knows_everything(tmp_path):
    with House(tmp_path) as house:
        flood = Flood(house, 400, senders=16)
        flood.run()
        house.kill("up", signal.SIGKILL)
        house.wait_gone()
        house.start()
        assert flood.problems() == []


def test_journal_replays_what_redis_forgot(tmp_path):
    """The rollback canary: Redis comes back from an older copy, the journal fills the gap."""
    with House(tmp_path) as house:
        first = Flood(house, 64, senders=8)
        first.run()
        assert first.problems() == []
        house.wait_until(lambda: house.metric("warmline_ticks_total") > 3, 20)
        house.snapshot_redis(tmp_path / "old")
        second = Flood(house, 64, senders=8)
        second.run()
        assert second.problems() == []
        house.restore_redis(tmp_path / "old")
        assert second.problems(90) == []
        assert first.problems() == []
