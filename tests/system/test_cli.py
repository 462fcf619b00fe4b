"""The `warmline` command against a running house: what it says, how it ends, what it refuses."""
import json
import os
import re
import subprocess

import pytest

from house import PROGRAM, House, wait_until

ROSA, BEN, ANA, STRANGER = "+12025550150", "+12025550151", "+12025550152", "+12025550159"
COMMANDS = ["up", "init", "check", "ready", "enroll", "list", "show", "log", "explain", "demo", "screen", "version"]


@pytest.fixture(scope="module")
def house():
    house = House()
    try:
        house.start()
        yield house
    finally:
        print(house.output())
        house.close()


def run(house, *args, stdin=None):
    return subprocess.run([house.program("warmline"), *args], cwd=house.folder, env=house.env, input=stdin, text=True,
                          capture_output=True, timeout=60)


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


# --- how it is called --------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(house, command):
    done = run(house, command, "--help")
    assert done.returncode == 0 and ("warmline " + command) in done.stdout and "--state" in done.stdout
    assert command in run(house, "--help").stdout


def test_manual_names_every_command_and_option(house):
    manual = open(os.path.join(os.path.dirname(__file__), "../../docs/man/warmline.1")).read().replace("\\-", "-")
    for command in COMMANDS:
        assert command in manual
        for option in re.findall(r"^  --([a-z-]+)", run(house, command, "--help").stdout, re.M):
            assert "--" + option in manual, "%s --%s" % (command, option)


@pytest.mark.parametrize("args,hint", [
    (["enrol"], "enroll"), (["lst"], "list"), (["enroll", "--nummer", "x"], "--number"),
    (["list", "stranger"], "strangers"), (["log", ROSA, "--jsn"], "--json"),
    (["enroll", "--program", "dema", "--number", ROSA, "--name", "Rosa"], "demo")])
def test_wrong_words_get_the_nearest_right_one(house, args, hint):
    done = run(house, *args)
    assert done.returncode == 2 and '"%s"' % hint in done.stderr.replace("Did you mean %s" % hint, '"%s"' % hint)


@pytest.mark.parametrize("args", [[], ["show"], ["show", "a", "b"], ["enroll"], ["enroll", "--number"], ["version", "--help=1"],
                                  ["show", "rosa"], ["explain", ROSA, "--at", "soon"]])
def test_wrong_use_ends_with_2(house, args):
    if args and args[0] == "explain":
        house.enroll(ROSA, "Rosa")
    done = run(house, *args)
    assert done.returncode == 2 and done.stderr and done.stdout == ""


def test_nothing_running_ends_with_3(new_house):
    other = new_house()
    for args in (["list"], ["show", ROSA], ["log", ROSA], ["explain", ROSA], ["ready"],
                 ["enroll", "--program", "demo", "--number", ROSA, "--name", "Rosa"]):
        done = run(other, *args)
        assert done.returncode == 3 and "not running here" in done.stderr, args


def test_nobody_known_ends_with_5(house):
    assert run(house, "show", "+12025550199").returncode == 5
    assert run(house, "log", "p2a-0123456789abcdef").returncode == 5


# --- configuration and screen ------------------------------------------------------------------


def test_check_says_what_is_configured(house):
    said = house.cli("check")
    for word in ("program demo", "en, es", "Dr. Rivera", "in order"):
        assert word in said


def test_check_tells_every_problem_at_once_with_file_and_line(new_house):
    other = new_house(edits={"warmline.yaml": [("port: 8080", "port: eighty\n  speed: 3")],
                             "programs/demo.yaml": [("every: .*", "every: sometimes")]})
    done = run(other, "check")
    assert done.returncode == 4
    for pattern in (r"warmline\.yaml:\d+: .*port", r"warmline\.yaml:\d+: .*speed", r"demo\.yaml:\d+: .*sometimes"):
        assert re.search(pattern, done.stderr), done.stderr


def test_screen_rates_one_message_per_line(house):
    done = lines(house.cli("screen", stdin="I am going to kill myself tonight\nsee you at lunch\n\nno newline at the end"))
    assert [d["level"] in ("high", "imminent") for d in done] == [True, False, False, False]
    assert done[0]["rules"] and done[0]["category"]
    assert done[1] == {"level": "none", "category": "", "rules": []}


def test_ready_and_version(house):
    assert house.cli("ready") == "ready\n"
    assert re.fullmatch(r"warmline \d+\.\d+\.\d+\n", house.cli("version"))


# --- enrollment --------------------------------------------------------------------------------


def test_enroll_asks_or_enrolls_and_the_same_twice_is_one(house):
    said = house.enroll(BEN, "Ben", confirmed=False)
    assert "Ben" in said and "asked to confirm" in said and BEN not in said
    house.wait_outbound(BEN)
    assert "already" in house.enroll(BEN, "Ben", confirmed=False)
    assert ": enrolled\n" in house.enroll(ANA, "Ana", hour="18:30", day="mon", language="es", zone="America/Denver")
    shown = house.cli("show", ANA)
    for word in (ANA, "Ana", "es", "America/Denver", "active", "18:30", "Monday"):
        assert word in shown
    events = [e["event_id"] for e in house.history(BEN) if e["kind"] == "enroll"]
    assert len(events) == 1


def test_enroll_does_not_bring_back_who_opted_out(house):
    number = "+12025550153"
    house.enroll(number, "Lee")
    house.text(number, "STOP")
    wait_until(lambda: "stopped" in house.cli("show", number), 10, "the STOP")
    said = run(house, "enroll", "--program", "demo", "--number", number, "--name", "Leo", "--confirmed")
    assert said.returncode == 1 and "opted out" in said.stdout


def test_enroll_tells_every_wrong_option(house):
    done = run(house, "enroll", "--program", "demo", "--number", "2025550150", "--name", "x" * 80, "--language", "tlh",
               "--zone", "Mars", "--hour", "25:00", "--day", "someday")
    assert done.returncode == 2
    for word in ("number", "name", "language", "zone", "hour", "day"):
        assert re.search(r"^warmline enroll: %s\b" % word, done.stderr, re.M), done.stderr


def test_list_with_one_wrong_row_enrolls_nobody_and_tells_all(house, tmp_path):
    table = tmp_path / "people.csv"
    table.write_text("number,name,zone\n+12025550160,Eve,\n12345,Bob,\n+12025550161,,\n+12025550160,Eva,Nowhere\n+12025550162,X\n")
    done = run(house, "enroll", "--program", "demo", "--csv", str(table))
    assert done.returncode == 4
    for line, word in ((3, "number"), (4, "name"), (5, "zone"), (5, "same as in line 2"), (6, "cells")):
        assert re.search(r"people\.csv:%d: .*%s" % (line, word), done.stderr), done.stderr
    assert run(house, "show", "+12025550160").returncode == 5


def test_list_dry_run_changes_nothing_and_the_real_one_enrolls(house, tmp_path):
    table = tmp_path / "people.csv"
    table.write_bytes("\ufeffname,number,confirmed,language\r\n\"Núñez, Inés\",+12025550163,yes,es\r\nTom,+12025550164,no,\r\n"
                      .encode())
    said = house.cli("enroll", "--program", "demo", "--csv", str(table), "--dry-run")
    assert "Núñez, Inés" in said and "would be enrolled" in said and "Tom" in said and "asked to confirm" in said
    assert run(house, "show", "+12025550163").returncode == 5
    said = house.cli("enroll", "--program", "demo", "--csv", str(table))
    assert "2 of 2" in said
    assert "Núñez, Inés" in house.cli("show", "+12025550163")


@pytest.mark.parametrize("content,word", [(b"", "nobody"), (b"number,nmae\n", "nobody"), (b"number,nmae\n+12025550160,E\n", "nmae"),
                                          (b"number;name\n+12025550160;E\n", "commas"), (b"name\nEve\n", "columns"),
                                          (b"number,name\n\"+12025550160,Eve\n", "quote"), (b"\x00\x01", "CSV UTF-8"),
                                          (b"number,name\n+12025550160,Jos\xe9\n", "UTF-8")])
def test_broken_lists_are_refused_with_a_reason(house, tmp_path, content, word):
    table = tmp_path / "people.csv"
    table.write_bytes(content)
    done = run(house, "enroll", "--program", "demo", "--csv", str(table))
    assert done.returncode == 4 and word in done.stderr, done.stderr


# --- looking -----------------------------------------------------------------------------------


def test_strangers_are_listed_masked_and_in_full_on_request(house):
    house.text(STRANGER, "hello, who is this?")
    wait_until(lambda: house.cli("list", "strangers", "--json"), 10, "the stranger")
    entry = lines(house.cli("list", "strangers", "--json"))[0]
    assert entry["id"].startswith("p") and entry["number"] != STRANGER and entry["number"].endswith(STRANGER[-2:])
    assert STRANGER not in house.cli("list", "strangers")
    assert STRANGER in house.cli("list", "strangers", "--numbers")
    assert STRANGER in house.cli("show", entry["id"])


def test_people_are_listed(house):
    house.enroll(ROSA, "Rosa")
    entries = {e["name"]: e for e in lines(house.cli("list", "--json"))}
    assert entries["Rosa"]["programs"] == {"demo": "active"}
    assert "Rosa" in house.cli("list", "people")


@pytest.mark.parametrize("name", ["people", "strangers", "cases", "taken", "missed", "unread", "watch", "urgent", "undelivered",
                                  "broken"])
def test_every_list_can_be_asked_for(house, name):
    assert run(house, "list", name).returncode == 0


def test_cases_are_listed_with_their_number(house):
    number = "+12025550154"
    house.text(number, "I am going to kill myself tonight")
    wait_until(lambda: house.cli("list", "cases", "--json"), 15, "the case")
    entry = lines(house.cli("list", "cases", "--json"))[0]
    assert re.fullmatch(r"\d{4}", entry["case"]) and entry["id"].startswith("c") and entry["state"] == "paging"
    assert entry["case"] in house.cli("show", entry["id"])


def test_log_has_five_fields_in_every_line_and_each_text_once(house):
    number = "+12025550155"
    house.enroll(number, "Kim")
    sids = [house.text(number, "my day was number %d" % i) for i in range(5)]
    wait_until(lambda: len(house.texts_in(number)) >= 5, 10, "five texts")
    entries = house.history(number)
    assert house.texts_in(number) == sids
    for entry in entries:
        assert list(entry)[:5] == ["time", "kind", "event_id", "provider_id", "decided_by"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry["time"])
        assert entry["kind"] and entry["event_id"]
    assert [e["time"] for e in entries] == sorted(e["time"] for e in entries)
    wait_until(lambda: not any(e.get("waiting") for e in house.history(number)), 10, "decisions")
    assert all(e["decided_by"] for e in house.history(number))
    assert "my day was number 3" in house.cli("log", number)
    assert len(house.cli("log", number, "--last", "2").splitlines()) == 2
    assert number not in house.cli("log", number, "--json")


def test_explain_says_what_comes_next_and_changes_nothing(house):
    number = "+12025550156"
    house.enroll(number, "Max")
    before = house.cli("show", number, "--json")
    steps = lines(house.cli("explain", number, "--json"))
    assert any("sends: " in s["what"] for s in steps) and all(s["rule"] for s in steps)
    assert [s["time"] for s in steps] == sorted(s["time"] for s in steps)
    later = lines(house.cli("explain", number, "--at", "+1h", "--json"))
    assert later and later[0]["time"] > steps[0]["time"]
    strip = lambda text: {k: v for k, v in json.loads(text)["document"].items() if k in ("number", "name", "p")}
    assert strip(house.cli("show", number, "--json"))["name"] == strip(before)["name"]


def test_demo_tells_a_story_quickly(house):
    said = house.cli("demo", timeout=10)
    assert len(said.splitlines()) > 20


def test_no_full_number_is_printed_but_where_it_was_asked_for(house):
    for args in (["check"], ["list"], ["log", ROSA], ["log", ROSA, "--json"], ["list", "--json"]):
        assert ROSA not in run(house, *args).stdout, args
    assert PROGRAM not in house.cli("check")
