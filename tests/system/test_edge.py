"""The webhook edge from outside: raw bytes on sockets, signed right and wrong. The right answer, counted, nothing changed."""
import os
import re
import resource
import select
import signal
import socket
import struct
import time

import pytest
import requests

from house import ALEX, FAST, PROGRAM, ROOT, SLOW, House, wait_until
from webhook import FORM, Answer, Wire, encoded, read_answer

NUMBER = "+12025550170"


@pytest.fixture(scope="module")
def house():
    house = House(edits={"programs/demo.yaml": FAST})
    try:
        house.start()
        yield house
        assert not re.search(r"worker-died|AddressSanitizer", open(os.path.join(house.state, "log", "gateway.log")).read())
    finally:
        print(house.output())
        house.close()


@pytest.fixture
def wire(house):
    return Wire(house)


def metrics(house):
    """{series: value}; every line must be valid Prometheus text."""
    series, types, helps = {}, {}, set()
    for line in house.get("/metrics").text.splitlines():
        if line.startswith("# HELP "):
            helps.add(line.split()[2])
            continue
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert kind in ("counter", "gauge") and name not in types and name in helps, line
            assert (kind == "counter") == name.endswith("_total"), line
            types[name] = kind
            continue
        found = re.fullmatch(r'([a-z_:][a-z0-9_:]*)(\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? (-?\d+)', line)
        assert found and found[1] in types, line
        assert found[1] + (found[2] or "") not in series, "twice: " + line
        series[found[1] + (found[2] or "")] = int(found[3])
    return series


def refused(house):
    return sum(v for k, v in metrics(house).items()
               if k.startswith("warmline_http_refused_total") or re.match(r'warmline_webhooks_total.*status="4', k))


def head(wire, *more):
    return [("Host", "127.0.0.1:%d" % wire.port), *more]


def form_head(wire, length, *more):
    return head(wire, ("Content-Type", FORM), ("Content-Length", length), *more)


# --- what is taken --------------------------------------------------------------------------------


@pytest.mark.parametrize("body,kept", [
    ("", ""), ("hello", "hello"), ("y" * 1600, "y" * 1600), ("\U0001F642" * 400, "\U0001F642" * 400),
    ("a & b = c + d %41", "a & b = c + d %41"), (b"caf\xe9 \xff\xfe", "caf\ufffd \ufffd\ufffd"), ("a\0b", "a\ufffdb"),
    ("line\r\nline", None)])
def test_body_of_any_kind_is_kept_as_it_was_typed(house, wire, body, kept):
    sid = "SMbody%026d" % time.monotonic_ns()
    assert wire.text(NUMBER, body, sid).status == 200
    entries = wait_until(lambda: [e for e in house.history(NUMBER) if e["provider_id"] == sid and e["kind"] == "text-in"], 10)
    assert len(entries) == 1 and (kept is None or entries[0].get("body", "") == kept)


@pytest.mark.parametrize("extra", [b"&a=1&b", b"&&c=2&&&", b"&=v", b"&" + b"&".join(b"p%d=1" % i for i in range(993)),
                                   b"&Other=1&Other=2", b"&a=%00"])
def test_odd_forms_that_have_what_is_needed_are_taken(wire, extra):
    assert wire.send(wire.request(encoded(wire.form(NUMBER, "x")) + extra)).status == 200


def test_query_and_case_of_the_type_and_another_host_name_do_not_matter(wire):
    body = encoded(wire.form(NUMBER, "x"))
    assert wire.send(wire.request(body, target="/twilio/sms?x=1")).status == 200
    assert wire.send(wire.request(body, host="elsewhere.example")).status == 200
    headers = head(wire, ("content-TYPE", "Application/X-WWW-Form-Urlencoded"), ("content-length", len(body)))
    assert wire.send(wire.request(body, headers=headers)).status == 200


def test_answer_is_an_empty_twiml(wire):
    answer = wire.text(NUMBER, "x")
    assert answer.headers["content-type"].startswith("text/xml") and answer.headers["x-content-type-options"] == "nosniff"
    assert answer.body == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


# --- what is refused ------------------------------------------------------------------------------


def without(form, name):
    return [(n, v) for n, v in form if n != name]


def changed(form, name, value):
    return [(n, value if n == name else v) for n, v in form]


def refusals(wire):
    """Name -> (bytes, right answers)."""
    f = wire.form(NUMBER, "must not be kept")
    b = encoded(f)
    raw = {
        "unsigned": (wire.request(f, signed=False), 403),
        "another secret": (wire.request(f, token="0" * 32), 403),
        "signed for another host": (wire.request(f, signed="http://evil.example/twilio/sms"), 403),
        "signed for another path": (wire.request(f, signed=wire.url + "/twilio/status"), 403),
        "signed for another query": (wire.request(f, target="/twilio/sms?x=1", signed=wire.url + "/twilio/sms?x=2"), 403),
        "signed without the query": (wire.request(f, target="/twilio/sms?x=1", signed=wire.url + "/twilio/sms"), 403),
        "signed over other words": (wire.request(f).replace(b"must+not", b"may++not"), 403),
        "NUL in a name": (wire.request(b + b"&a%00b=1"), 400),
        "broken escape": (wire.request(b + b"&a=%zz"), 400),
        "half an escape": (wire.request(b + b"&a=%4"), 400),
        "broken escape in the query": (wire.request(f, target="/twilio/sms?a=%zz"), 400),
        "too many parameters": (wire.request(b + b"".join(b"&p%d=1" % i for i in range(1001))), 400),
        "a megabyte": (wire.request(wire.form(NUMBER, "x" * (1 << 20))), 413),
        "JSON": (wire.request(b, headers=head(wire, ("Content-Type", "application/json"), ("Content-Length", len(b)))), 415),
        "no type": (wire.request(b, headers=head(wire, ("Content-Length", len(b)))), 415),
        "no length": (wire.request(b, headers=head(wire, ("Content-Type", FORM))), 411),
        "two lengths": (wire.request(b, headers=form_head(wire, len(b), ("Content-Length", len(b) - 1))), 400),
        "no host": (wire.request(b, headers=form_head(wire, len(b))[1:]), 400),
        "20 KB of header": (wire.request(b, headers=form_head(wire, len(b), ("X", "y" * 20000))), 431),
        "40 KB of header": (wire.request(b, headers=form_head(wire, len(b), ("X", "y" * 40000))), 400),
        "a hundred headers more": (wire.request(b, headers=form_head(wire, len(b), *[("X%d" % i, "y") for i in range(101)])), 431),
        "20 KB of address": (wire.request(f, target="/twilio/sms?" + "a" * 20000), 431),
        "no request": (b"\r\n\r\n", 400),
        "rubbish": (b"rubbish\r\n\r\n", 400),
        "HTTP/2.0": (wire.request(f, version="2.0"), 400),
        "GET": (wire.request(method="GET"), 405),
    }
    chunk = b"%x\r\n" % len(b) + b + b"\r\n0\r\n\r\n"
    chunked = wire.request(b, headers=head(wire, ("Content-Type", FORM), ("Transfer-Encoding", "chunked")))
    both = wire.request(b, headers=form_head(wire, len(chunk), ("Transfer-Encoding", "chunked")))
    raw["chunked"] = chunked[:-len(b)] + chunk, 411
    raw["chunked with a length"] = both[:-len(b)] + chunk, 400
    for name in ("From", "To", "MessageSid", "AccountSid", "Body"):
        raw["no " + name] = wire.request(without(f, name)), 400
        raw["two " + name] = wire.request(f + [(name, "other")]), 400
        if name != "Body":
            raw["empty " + name] = wire.request(changed(f, name, "")), 400
            raw["NUL in " + name] = wire.request([(n, v + "\0" if n == name else v) for n, v in f]), 400
    for name, value in (("Host", "a"), ("Content-Type", FORM), ("Authorization", "a"), ("X-Twilio-Signature", "A" * 27 + "=")):
        twice = [(name, value)] * (2 if name == "Authorization" else 1)
        raw["doubled " + name] = wire.request(b, headers=form_head(wire, len(b), *twice)), 400
    for length in ("+5", "-1", "0x10", "5,5", ""):
        raw["length %r" % length] = wire.request(b, headers=form_head(wire, length)), 400
    for target in ("//twilio/sms", "/twilio/sms/", "/twilio//sms", "/./twilio/sms", "/TWILIO/SMS", "/twilio/sms;x=1"):
        raw["address " + target] = wire.request(f, target=target), 404
    for target in ("/twilio%2fsms", "/twilio/sms%00", "/twilio/sms#f", "twilio/sms", "*", "http://127.0.0.1/twilio/sms"):
        raw["address " + target] = wire.request(f, target=target), 400
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "HEAD", "TRACE"):
        raw["method " + method] = wire.request(method=method), 405
    for method in ("BREW", "post"):
        raw["method " + method] = wire.request(f, method=method), 501
    return raw


def test_every_refusal_is_the_right_one_counted_once_and_changes_nothing(house, wire):
    known = house.texts_in(NUMBER)
    for name, (raw, status) in refusals(wire).items():
        before = refused(house)
        answer = wire.send(raw)
        assert answer.status == status, "%s: %r" % (name, answer)
        wait_until(lambda: refused(house) == before + 1, 5, lambda: "%s to be counted once" % name)
    assert wire.text(NUMBER, "still here").status == 200
    wait_until(lambda: len(house.texts_in(NUMBER)) == len(known) + 1, 10)


def test_nothing_is_read_behind_a_refusal(house, wire):
    hidden = wire.request(wire.form(NUMBER, "hidden", "SMhidden"))
    closing = 0
    for name, (raw, _) in refusals(wire).items():
        with wire.connect() as s:
            try:
                s.sendall(raw + hidden)
                answer = Answer(read_answer(s))
                if answer.headers.get("connection") == "close":
                    closing += 1
                    assert b"HTTP/1.1" not in answer.body + s.recv(65536), name
            except OSError:
                pass  # closed with the hidden one unread
    assert closing > 40
    assert wire.text(NUMBER, "seen").status == 200


def test_refusal_of_an_absolute_address_closes(wire):
    two = wire.request(wire.form(NUMBER, "x"), target="http://evil.example/twilio/sms") + wire.request(wire.form(NUMBER, "y"))
    with wire.connect(5) as s:
        s.sendall(two)
        answers = b""
        while part := s.recv(65536):
            answers += part
    assert answers.count(b"HTTP/1.1 ") == 1 and answers.startswith(b"HTTP/1.1 400")


def test_pipelined_texts_are_all_answered_and_kept_in_order(house, wire):
    sids = ["SMpipe%026d" % i for i in range(20)]
    sender = "+12025550171"
    with wire.connect() as s:
        s.sendall(b"".join(wire.request(wire.form(sender, "pipe", sid)) for sid in sids))
        got = b""
        while got.count(b"HTTP/1.1 200") < 20:
            part = s.recv(65536)
            assert part, got
            got += part
    wait_until(lambda: house.texts_in(sender) == sids, 10, lambda: house.texts_in(sender))


def test_old_and_unusual_clients_are_served_and_closed(wire):
    answer = wire.send(wire.request(wire.form(NUMBER, "old"), version="1.0"))
    assert answer.status == 200 and answer.headers["connection"] == "close"
    with wire.connect() as s:
        raw = wire.request(wire.form(NUMBER, "expect"), headers=None)
        top, body = raw.split(b"\r\n\r\n", 1)
        s.sendall(top + b"\r\nExpect: 100-continue\r\n\r\n")
        assert s.recv(100).startswith(b"HTTP/1.1 100")
        s.sendall(body)
        assert Answer(read_answer(s)).status == 200


# --- who is slow, many, or gone -------------------------------------------------------------------


def workers(house):
    with open("/proc/%d/task/%d/children" % (house.pid("gateway"), house.pid("gateway"))) as f:
        return [int(pid) for pid in f.read().split()]


def memory_kib(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


def cpu_ticks(pid):
    with open("/proc/%d/stat" % pid) as f:
        return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))


def test_six_hundred_idle_connections_do_not_keep_a_text_out(wire):
    idle = [wire.connect() for _ in range(600)]
    try:
        started = time.monotonic()
        assert wire.text(NUMBER, "behind them").status == 200
        assert time.monotonic() - started < 5
    finally:
        for s in idle:
            s.close()


def test_more_connections_than_allowed_do_not_keep_a_text_out_for_long(wire):
    idle = [wire.connect() for _ in range(1300)]
    try:
        assert wire.send(wire.request(wire.form(NUMBER, "behind them")), timeout=14).status == 200
    finally:
        for s in idle:
            s.close()


def test_who_drips_is_cut_after_twenty_seconds_and_others_are_served_meanwhile(wire):
    raw = wire.request(wire.form(NUMBER, "drip"))
    started = time.monotonic()
    with wire.connect(60) as s:
        for i in range(len(raw)):
            try:
                s.sendall(raw[i:i + 1])
            except OSError:
                break
            if select.select([s], [], [], 0.3)[0]:
                break
            if i % 20 == 0:
                assert wire.text(NUMBER, "meanwhile").status == 200
    assert 15 < time.monotonic() - started < 30


def test_no_descriptors_left_is_survived_without_spinning(house, wire):
    pids = workers(house)
    limits = [resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in pids]
    crowd = []
    try:
        for pid, limit in zip(pids, limits):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (40, limit[1]))
        before = [cpu_ticks(pid) for pid in pids]
        crowd = [wire.connect() for _ in range(200)]
        time.sleep(2)  # what is measured is what they do meanwhile
        assert all(cpu_ticks(pid) - b < 60 for pid, b in zip(pids, before))
        for s in crowd:
            s.close()
        assert wire.text(NUMBER, "afterwards").status == 200
    finally:
        for s in crowd:
            s.close()
        for pid, limit in zip(pids, limits):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
    assert workers(house) == pids
    assert metrics(house)["warmline_http_accept_errors_total"] > 0


@pytest.mark.skipif(SLOW > 1, reason="a sanitizer keeps back what was freed; leaks it finds itself")
def test_memory_stays_flat_whatever_is_sent(house, wire):
    bad = [wire.request(wire.form(NUMBER, "x"), signed=False), wire.request(b"%zz"),
           wire.request(without(wire.form(NUMBER, "m"), "From")), wire.request(wire.form(NUMBER, "same", sid="SMsame"))]

    def a_round():
        s = wire.connect()
        for i in range(2000):
            s.sendall(bad[i % len(bad)])
            read_answer(s)
        s.close()
        for i in range(10):
            wire.send(wire.request(wire.form(NUMBER, "x" * (1 << 20))))
        for i in range(200):
            s = wire.connect()
            s.sendall(bad[3][:100 if i % 2 else None])
            if i % 3 == 0:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()

    a_round()
    first = [memory_kib(pid) for pid in workers(house)]
    for _ in range(3):
        a_round()
    last = [memory_kib(pid) for pid in workers(house)]
    assert sum(last) < sum(first) + 4096, (first, last)
    assert len(house.texts_in(NUMBER)) == len(set(house.texts_in(NUMBER)))


# --- the account ----------------------------------------------------------------------------------


def test_two_secrets_are_right_while_one_is_being_changed(new_house):
    house = new_house()
    secrets = os.path.join(house.config, "twilio.secrets")
    account, old, new = "AC" + "1" * 32, "a" * 32, "b" * 32
    with open(secrets, "w") as f:
        f.write(new + "\n" + old + "\n")
    os.chmod(secrets, 0o600)
    url = "https://warmline.example.org"
    house.edit("warmline.yaml", [
        (r"kind: simulator", "kind: twilio\n  account: %s\n  secrets_file: twilio.secrets\n  api_url: http://127.0.0.1:9" % account),
        (r"  # public_url: .*", "  public_url: %s" % url)])
    house.launch()
    wait_until(lambda: "Provider" in house.output(), 30, house.output)
    for token, status in ((new, 200), (old, 200), ("c" * 32, 403)):
        wire = Wire(house, account, token, url)
        assert wire.text(ALEX, "hello " + token[0]).status == status
        assert wire.send(wire.request(wire.form(ALEX, "by its port"), signed=url + ":443/twilio/sms")).status == status
    wire = Wire(house, account, new, "http://127.0.0.1:%d" % house.port)
    assert wire.text(ALEX, "signed over Host").status == 403
    wait_until(lambda: len(house.texts_in(ALEX)) == 4, 10)
    assert new not in house.output() and old not in house.output()
    house.up.send_signal(signal.SIGTERM)
    assert house.up.wait(30) == 0


def test_every_metric_says_what_it_counts():
    used = set()
    for folder in ("core", "gateway", "platform", "providers", "scheduler"):
        for name in os.listdir(os.path.join(ROOT, folder)):
            if name.endswith(".c") and name != "metrics_help.c":
                with open(os.path.join(ROOT, folder, name)) as f:
                    used.update(re.findall(r'"(warmline_[a-z_]+)"', f.read()))
    with open(os.path.join(ROOT, "platform", "metrics_help.c")) as f:
        told = set(re.findall(r'"(warmline_[a-z_]+)"', f.read()))
    assert used == told


# --- nothing private in logs and metrics ----------------------------------------------------------


def test_no_number_and_no_word_of_all_this_is_in_a_log_or_a_metric(house):
    said = house.get("/metrics").text + house.get("/readyz").text + house.get("/healthz").text + house.output()
    for name in os.listdir(os.path.join(house.state, "log")):
        with open(os.path.join(house.state, "log", name), errors="replace") as f:
            said += f.read()
    for canary in (NUMBER[1:], NUMBER[2:], PROGRAM[1:], "12025550171", "must not be kept", "must+not", "behind them", "still here"):
        assert canary not in said, canary
