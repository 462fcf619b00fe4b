"""After a power cut, a bad disk, a restored backup: what was answered 200 is there again, or somebody is told what to do."""
import glob
import json
import os
import shutil
import subprocess

import pytest

from flood import Flood
from house import wait_until


def redis_folder(house):
    return os.path.join(house.state, "redis")


def newest_file(house):
    return sorted(glob.glob(os.path.join(redis_folder(house), "appendonlydir", "*.incr.aof")))[-1]


def files(folder):
    return {path: open(path, "rb").read() for path in glob.glob(os.path.join(folder, "**"), recursive=True)
            if os.path.isfile(path)}


@pytest.fixture
def used(new_house):
    """A house that was used and stopped, and the texts that it took."""
    house = new_house().start()
    flood = Flood(house, 120, senders=6)
    flood.run()
    assert flood.problems() == []
    house.stop()
    return house, flood


def refusal(house):
    house.launch()
    assert house.up.wait(30) == 1
    return house.output().strip().splitlines()[-1]


@pytest.mark.parametrize("what", ["redis", "redis/appendonlydir", "redis/appendonlydir/appendonly.aof.manifest"])
def test_lost_data_are_no_silent_empty_start(used, what):
    house, flood = used
    path = os.path.join(house.state, what)
    shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    before = files(redis_folder(house))
    said = refusal(house)
    assert "are gone" in said and "backup" in said and "--begin-empty" in said
    assert files(redis_folder(house)) == before


def test_who_has_no_backup_goes_on_with_the_journal(used):
    house, flood = used
    shutil.rmtree(redis_folder(house))
    refusal(house)
    house.options = ["--begin-empty"]
    house.start()
    assert flood.problems() == []


def test_damaged_data_are_told_with_what_to_do_and_the_texts_come_back(used):
    house, flood = used
    path = newest_file(house)
    with open(path, "r+b") as f:
        f.seek(os.path.getsize(path) // 2)
        f.write(b"\0" * 400)
    before = files(redis_folder(house))
    said = refusal(house)
    assert "damaged" in said and "redis-check-aof" in said and "backup" in said
    assert files(redis_folder(house)) == before
    subprocess.run(["redis-check-aof", "--fix", os.path.join(os.path.dirname(path), "appendonly.aof.manifest")],
                   input="y\n", text=True, check=True, stdout=subprocess.DEVNULL)
    house.start()
    assert flood.problems() == []


def test_end_that_is_cut_off_is_told_and_the_texts_come_back(used):
    """Less than a tick is missing: the epochs do not show it."""
    house, flood = used
    path = newest_file(house)
    with open(path, "rb") as f:
        data = f.read()
    last_text = data.rindex(b"wl_post") if b"wl_post" in data else data.rindex(b":mail")
    last_tick = data.rindex(b":epoch", 0, last_text)
    os.truncate(path, data.index(b":mail", last_tick) + 3)
    house.start()
    assert "cut off" in house.output()
    assert flood.problems() == []


def epochs(house):
    """What each worker remembers of the last tick: {path: content}."""
    found = {}
    for path in glob.glob(os.path.join(house.state, "journal", "gateway-*", "epoch")):
        with open(path) as f:
            found[path] = json.load(f)
    return found


def wait_ticks(house, n):
    """Until each worker has seen so many ticks more."""
    def newest():
        return [epoch["epoch"][0] for epoch in epochs(house).values()] or [0]
    first = max(newest())
    wait_until(lambda: len(newest()) == 2 and min(newest()) >= first + n, 20, "ticks")


def test_backup_of_long_ago_gets_everything_back_that_the_journal_has(new_house):
    house = new_house().start()
    wait_ticks(house, 1)
    house.stop()
    backup = os.path.join(house.folder, "backup")
    shutil.copytree(redis_folder(house), backup)
    house.start()
    flood = Flood(house, 60, senders=6)
    flood.run()
    assert flood.problems() == []
    wait_ticks(house, 8)  # two workers tick: fewer would be counted again before anybody looks
    house.stop()
    for path, epoch in epochs(house).items():
        epoch["at"] += 2 * 3600 * 1000  # two quiet hours have passed since the texts
        with open(path, "w") as f:
            json.dump(epoch, f)
    shutil.rmtree(redis_folder(house))
    shutil.copytree(backup, redis_folder(house))
    house.start()
    assert flood.problems() == []
