"""Nobody reads along: planted names, numbers and words are nowhere in Redis, journal or logs."""
import os

from house import House

NAME = "Quillonaria"
WORDS = "the heron flew over marrowgate again"
NUMBER = "+12025554477"
CANARIES = [NAME, "heron flew", "marrowgate", NUMBER, NUMBER[1:], NUMBER[2:]]


def planted_in(folder):
    found = []
    for root, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(root, name)
            try:
                data = open(path, "rb").read()
            except OSError:
                continue
            found += ["%s holds %r" % (path, c) for c in CANARIES if c.encode() in data]
    return found


def test_nothing_readable_on_disk_or_in_redis(tmp_path):
    with House(tmp_path) as house:
        house.cli("enroll", "--program", "demo", "--number", NUMBER, "--name", NAME, "--confirmed")
        assert house.text(NUMBER, house.program_number, WORDS)["status"] == 200
        assert house.text(NUMBER, house.program_number, "I want to die")["status"] == 200
        house.wait_until(lambda: len(house.person_log(NUMBER) or []) > 4, 20)
        dump = house.redis_dump()
        assert len(dump) > 1000
        assert [c for c in CANARIES if c.encode() in dump] == []
        assert planted_in(house.state) == []
        house.stop()
        assert planted_in(house.state) == []


def test_forged_and_broken_webhooks_change_nothing(tmp_path):
    with House(tmp_path) as house:
        base = "http://127.0.0.1:%d/twilio/sms" % house.port
        before = house.redis_dump_actors()
        good = {"From": NUMBER, "To": house.program_number, "Body": "hello", "MessageSid": "SM" + "0" * 32,
                "AccountSid": "AC" + "0" * 32}
        assert house.post(base, good, {}).status_code == 403
        assert house.post(base, good, {"X-Twilio-Signature": "A" * 27 + "="}).status_code == 403
        assert house.post(base, "x" * (1 << 20), {}).status_code == 413
        assert house.post(base, '{"From":1}', {"Content-Type": "application/json"}).status_code in (403, 415)
        assert house.get(base).status_code == 405
        assert house.get("http://127.0.0.1:%d/nowhere" % house.port).status_code == 404
        assert house.metric("warmline_webhooks_total") is not None
        assert house.redis_dump_actors() == before
