"""Debian's Kannel as it is: what it asks of us and what it answers, which providers/kannel.c relies on."""
import re
import time

import pytest

import kannel as box
from house import ALEX, PROGRAM
from listener import Listener

pytestmark = pytest.mark.skipif(not box.is_there(), reason="Debian package kannel is not installed")

TOKEN = "a-long-random-part"
ACCEPTED = (202, b"0: Accepted for delivery")


class Side:
    """Kannel between two listeners: the gateway's place, and the telephone company's."""

    def __init__(self, **options):
        self.gateway = Listener()
        self.carrier = Listener(lambda request: ACCEPTED)
        self.kannel = box.Kannel(self.gateway.url + "/kannel", TOKEN, self.carrier.url + "/send", **options)

    def close(self):
        self.kannel.close()
        self.gateway.close()
        self.carrier.close()

    def send(self, text, coding="0", job="p2a-0123456789abcdef.7"):
        dlr = self.kannel.webhook + "/status?a=p2a-0123456789abcdef&j=%s&n=1&d=%%d&t=%%A" % job
        return self.kannel.sendsms(**{"from": PROGRAM}, to=ALEX, coding=coding, charset="UTF-8", validity="60",
                                   dlr_mask="31", dlr_url=dlr, text=text)

    def receipt(self, job, value):
        path = "/kannel/%s/status" % TOKEN
        return self.gateway.wait(lambda r: r.path == path and r.query["j"] == job.encode()
                                 and r.query["d"] == value)


def running(**options):
    side = Side(**options)
    try:
        side.kannel.start()
        yield side
    finally:
        print(side.kannel.output())
        side.close()


@pytest.fixture(scope="module")
def side():
    yield from running()


@pytest.fixture(scope="module")
def posting():
    yield from running(post=True)


# --- texts that leave -----------------------------------------------------------------------------


def test_a_text_leaves_and_its_receipts_come_to_us(side):
    answer = side.send("a & b \u00e9", job="p2a-0123456789abcdef.8")
    assert (answer.status_code, answer.text) == (202, "0: Accepted for delivery")
    sent = side.carrier.wait(lambda r: r.query["text"] == "a & b \u00e9".encode())
    assert sent.path == "/send"
    assert sent.query["to"] == ALEX.encode() and sent.query["from"] == PROGRAM.encode()
    assert sent.query["coding"] == b"0" and sent.query["validity"] == b"60"
    receipt = side.receipt("p2a-0123456789abcdef.8", b"8")
    assert receipt.method == "GET" and receipt.query["a"] == b"p2a-0123456789abcdef" and receipt.query["n"] == b"1"
    assert receipt.query["t"] == b"ACK/"
    side.kannel.report(sent, 1)
    side.receipt("p2a-0123456789abcdef.8", b"1")


def test_a_text_that_did_not_arrive_is_reported(side):
    side.send("lost", job="p2a-0123456789abcdef.9")
    side.kannel.report(side.carrier.wait(lambda r: r.query["text"] == b"lost"), 2)
    side.receipt("p2a-0123456789abcdef.9", b"2")


def test_an_emoji_leaves_as_ucs2(side):
    assert side.send("hi \U0001f44d", coding="2").status_code == 202
    side.carrier.wait(lambda r: r.query["coding"] == b"2" and r.query["text"] == "hi \U0001f44d".encode("utf-16-be"))


def test_a_long_text_leaves_in_parts_that_belong_together(side):
    text = "one two three four five " * 12
    assert side.send(text).text == "0: Accepted for delivery"
    side.carrier.wait(lambda r: r.query.get("udh"), count=2)
    parts = sorted(side.carrier.found(lambda r: r.query.get("udh")), key=lambda r: r.query["udh"][-1])
    assert b"".join(part.query["text"] for part in parts).decode() == text


def test_what_the_carrier_refuses_is_a_nack(side):
    side.carrier.answer = lambda request: (400, b"no such number") if b"refuse" in request.query["text"] else ACCEPTED
    assert side.send("refuse me", job="p2a-0123456789abcdef.10").status_code == 202
    assert side.receipt("p2a-0123456789abcdef.10", b"16").query["t"] == b"NACK/no such number"


@pytest.mark.parametrize("change, status, said", [
    ({"password": "wrong"}, 403, "Authorization failed for sendsms"),
    ({"to": "abc"}, 400, "Number(s) has/have been denied by white- and/or black-lists."),
    ({"to": ""}, 400, "Empty receiver number not allowed, rejected"),
    ({"from": ""}, 400, "Sender missing and no global set, rejected"),
    ({"dlr_url": "ftp://x/yyyy"}, 400, "DLR-URL field misformed, rejected"),
    ({"coding": "2", "charset": "no-such-charset"}, 400, "Charset or body misformed, rejected"),
])
def test_a_refusal_has_kannels_words(side, change, status, said):
    answer = side.kannel.sendsms(**{"from": PROGRAM, "to": ALEX, "text": "x", **change})
    assert (answer.status_code, answer.text) == (status, said)


# --- texts that come ------------------------------------------------------------------------------


@pytest.mark.parametrize("sender, words, charset", [
    ("+12025550181", "I want  to \u00e9", "UTF-8"), ("+12025550182", "100% & more + ?", "UTF-8"),
    ("+12025550183", "", "UTF-8"), ("+12025550184", "help \U0001f44d", "UTF-16BE")])
def test_a_text_comes_to_get_url_with_every_blank(side, sender, words, charset):
    side.kannel.text(sender, words)
    got = side.gateway.wait(lambda r: r.query.get("from") == sender.encode())
    assert got.method == "GET" and got.path == "/kannel/%s/sms" % TOKEN
    assert [name for name, _ in got.pairs] == ["id", "ts", "from", "to", "coding", "charset", "text"]
    assert re.fullmatch(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", got.query["id"])
    assert abs(int(got.query["ts"]) - time.time()) < 60
    assert got.query["to"] == PROGRAM.encode()
    assert got.query["charset"] == charset.encode()
    assert got.query["text"] == words.encode("utf-16-be" if charset == "UTF-16BE" else "utf-8")


def test_leading_zeros_become_a_plus(side):
    side.kannel.text("0012025550187", "zeros", to="0012025550100")
    got = side.gateway.wait(lambda r: r.query.get("text") == b"zeros")
    assert got.query["from"] == b"+12025550187" and got.query["to"] == PROGRAM.encode()


def test_a_text_that_finds_us_away_comes_again_with_its_id(side):
    refusals = [503, 500]
    side.gateway.answer = lambda request: (refusals.pop(), b"") if refusals else (200, b"")
    side.kannel.text("+12025550188", "again")
    side.gateway.wait(lambda r: r.query.get("from") == b"+12025550188", count=3)
    assert len({r.query["id"] for r in side.gateway.found(lambda r: r.query.get("from") == b"+12025550188")}) == 1


def test_nothing_that_we_answer_becomes_a_text(side):
    side.gateway.answer = lambda request: (200, b"not for the person")
    side.kannel.text("+12025550189", "hello")
    side.gateway.wait(lambda r: r.query.get("from") == b"+12025550189")
    side.gateway.answer = lambda request: (200, b"")
    side.send("a marker behind it")
    side.carrier.wait(lambda r: r.query["text"] == b"a marker behind it")
    assert not side.carrier.found(lambda r: r.query["to"] == b"+12025550189")


@pytest.mark.parametrize("sender, words, kind", [
    ("0012025550185", "I want  to \u00e9", 'text/plain; charset="UTF-8"'),
    ("0012025550186", "help \U0001f44d", 'text/plain; charset="UTF-16BE"')])
def test_post_url_has_the_words_as_body(posting, sender, words, kind):
    posting.kannel.text(sender, words)
    got = posting.gateway.wait(lambda r: r.headers.get("x-kannel-from") == sender)
    assert got.method == "POST" and got.path == "/kannel/%s/sms" % TOKEN
    assert got.headers["content-type"] == kind
    assert got.headers["x-kannel-to"] == PROGRAM
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", got.headers["x-kannel-time"])
    assert got.headers["x-kannel-coding"] == ("2" if "UTF-16BE" in kind else "0")
    assert got.body == words.encode("utf-16-be" if "UTF-16BE" in kind else "utf-8")
    assert got.query["id"] and got.query["ts"]
