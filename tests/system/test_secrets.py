"""Nobody reads along: planted names, numbers and words are nowhere in Redis, journal or logs."""
import os

import redis
import requests

from house import PROGRAM, wait_until

NAME = "Quillonaria"
WORDS = "the heron flew over marrowgate again"
NUMBER = "+12025554477"
CANARIES = [c.encode() for c in (NAME, "heron flew", "marrowgate", NUMBER, NUMBER[1:], NUMBER[2:])]


def planted_in(folder):
    found = []
    for root, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(root, name)
            if not os.path.isfile(path):
                continue  # the socket
            with open(path, "rb") as f:
                data = f.read()
            found += ["%s holds %r" % (path, c) for c in CANARIES if c in data]
    return found


def everything_in_redis(house):
    """Every key with its value, serialized by Redis itself and as its own commands tell it."""
    r = redis.Redis(unix_socket_path=os.path.join(house.state, "redis.sock"))
    told = {b"string": r.get, b"hash": r.hgetall, b"set": r.smembers, b"list": lambda k: r.lrange(k, 0, -1),
            b"zset": lambda k: r.zrange(k, 0, -1, withscores=True)}
    return {k: (r.dump(k), told[r.type(k)](k)) for k in sorted(r.keys("*"))}


def people_in_redis(house):
    return {k: v[1] for k, v in everything_in_redis(house).items() if b":a:" in k}


def test_nothing_readable_on_disk_or_in_redis(new_house):
    house = new_house().start()
    house.enroll(NUMBER, name=NAME)
    house.text(NUMBER, WORDS)
    house.text(NUMBER, "I want to die")
    wait_until(lambda: len(house.texts_in(NUMBER)) == 2, 20)
    wait_until(lambda: house.outbound(NUMBER, "danger"), 20)
    entries = everything_in_redis(house)
    assert len(entries) > 10
    parts = [repr(k).encode() + repr(v).encode() + v[0] for k, v in entries.items()]
    assert [c for c in CANARIES if any(c in part for part in parts)] == []
    assert planted_in(house.state) == []
    house.stop()
    assert planted_in(house.state) == []
    assert not any(c in house.output().encode() for c in CANARIES)


def test_forged_and_broken_webhooks_change_nothing(new_house):
    house = new_house().start()
    house.enroll(NUMBER, name=NAME)
    wait_until(lambda: house.outbound(NUMBER), 20)
    url = "http://127.0.0.1:%d/twilio/sms" % house.port
    form = {"From": NUMBER, "To": PROGRAM, "Body": "STOP", "MessageSid": "SM" + "0" * 32, "AccountSid": "AC" + "0" * 32}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    wait_until(lambda: house.outbound(NUMBER) and not lately(house), 20)
    before = people_in_redis(house)
    with requests.Session() as s:
        s.trust_env = False
        assert s.post(url, form).status_code == 403
        assert s.post(url, form, headers={"X-Twilio-Signature": "A" * 27 + "="}).status_code == 403
        assert s.post(url, "x" * (1 << 20), headers=kind).status_code == 413
        assert s.post(url, '{"From":1}', headers={"Content-Type": "application/json"}).status_code == 415
        assert s.get(url).status_code == 405
        assert s.get("http://127.0.0.1:%d/nowhere" % house.port).status_code == 404
    assert 'status="403"' in house.get("/metrics").text
    assert people_in_redis(house) == before


def lately(house):
    """Is something still under way? The receipts of the welcome text come a moment later."""
    receipts = [e for e in house.log() if e["kind"] == "receipt" and e["status"] == "delivered"]
    return not receipts or not wait_settled(house)


def wait_settled(house):
    first = people_in_redis(house)
    return first == people_in_redis(house)
