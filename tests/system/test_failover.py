"""Two accounts, one that speaks like Twilio and one like Telnyx: when the first has trouble, what leaves by the second, and what does not."""
import os
import time
from datetime import datetime

import pytest

from house import FAST, ON_CALL_1, PROGRAM, SLOW, wait_until
from test_story import CODE, CONSENT, PAGE, SAFETY, is_check_in

FIRST, SECOND = PROGRAM, "+12025550102"
TROUBLES = {"answers 500": "500", "hangs": "timeout", "has no room": "429", "closes the line": "refuse"}
ACCEPTED = "takes it and says nothing"
ALL = 100000  # calls: until the faults are lifted
numbers = iter(range(1000, 9999))


def two(first="", second="", weight=0, demo=()):
    """Edits for two accounts. The second draws nobody, but carries what the first cannot."""
    return {
        "programs/demo.yaml": [*FAST, (r"number: \+12025550100\n", 'number: +12025550100\nmore_numbers: ["%s"]\n' % SECOND), *demo],
        "warmline.yaml": [(r"provider:\n  kind: simulator", """providers:
  - {kind: simulator, name: first, numbers: ["+12025550100", "+12025550101"]%s}
  - {kind: simulator, name: second, speaks: telnyx, numbers: ["%s"], weight: %d%s}""" % (first, SECOND, weight, second))]}


def number():
    return "+1202555%04d" % next(numbers)


def moment(entry):
    return datetime.fromisoformat(entry["time"].replace("Z", "+00:00")).timestamp()


def by(house, provider, since=0, to=None, containing=None):
    return [e for e in house.outbound(to, containing, since) if e["provider"] == provider]


def errors(house, provider, since=0):
    return [e for e in house.log(since) if e["kind"] == "api-error" and e["provider"] == provider]


def trouble(house, what, count=ALL):
    house.fault(api="hang-after-accept" if what == ACCEPTED else TROUBLES[what], count=count, provider="first")


def joined(house, person, to=FIRST):
    house.text(person, "JOIN", to)
    house.wait_outbound(person, CONSENT)
    house.text(person, "YES", to)
    house.wait_outbound(person, is_check_in)


def enroll(house, n):
    """So many people at once; gives their numbers."""
    people = [number() for _ in range(n)]
    table = os.path.join(house.folder, "people.csv")
    with open(table, "w") as f:
        f.write("number,name,confirmed\n" + "".join("%s,P%s,yes\n" % (person, person[-4:]) for person in people))
    house.cli("enroll", "--program", "demo", "--csv", table)
    return people


@pytest.fixture
def house(new_house):
    """New for each test: how well an account was is remembered for minutes."""
    return new_house(edits=two()).start()


# --- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", sorted(TROUBLES))
def test_page_leaves_by_the_other_account_within_two_seconds(house, what):
    person = number()
    joined(house, person)
    trouble(house, what)
    since = house.mark()
    started = time.time()
    house.text(person, "I want to die")
    page = house.wait_outbound(ON_CALL_1, PAGE, since=since)
    assert moment(page) - started < 2 * SLOW, moment(page) - started
    assert page["provider"] == "second" and page["from"] == SECOND
    safety = house.wait_outbound(person, SAFETY, since=since)
    assert moment(safety) - started < 2 * SLOW and safety["provider"] == "second"
    house.text(ON_CALL_1, CODE.search(page["body"])[1], SECOND)  # the answer comes to the number that the page came from
    house.wait_outbound(ON_CALL_1, CODE.search(page["body"])[1], since=page["n"])
    assert not by(house, "first", since)


def test_page_finds_its_way_when_each_account_fails_now_and_then(house):
    person = number()
    joined(house, person)
    since = house.mark()
    for api in ("500", "429", "refuse"):
        for name in ("first", "second"):
            house.fault(api=api, count=1, provider=name, to=ON_CALL_1)
    house.text(person, "I want to die")
    house.wait_outbound(ON_CALL_1, PAGE, timeout=20, since=since)
    assert {e["provider"] for e in house.log(since) if e["kind"] == "api-error" and e["to"] == ON_CALL_1} == {"first", "second"}


# --- check-ins ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [*sorted(TROUBLES), ACCEPTED])
def test_nobody_is_asked_twice_whatever_becomes_of_the_first_account(new_house, what):
    """500, silence and a closed line may all mean "sent": then the other is not asked. 429 says for sure that it was not."""
    house = new_house(edits=two(demo=[(r"first_after: \S+", "first_after: 8s"), (r"every: \S+", "every: 90s"),
                                          (r"late_limit: \S+", "late_limit: 60s")])).start()
    people = enroll(house, 12)
    wait_until(lambda: len({e["to"] for e in house.outbound()}) == len(people), 10, "the welcomes")
    assert not house.outbound(containing=is_check_in), "they came too early for this test"
    trouble(house, what, 4)
    if what == ACCEPTED:
        house.fault(receipt="drop", count=4, provider="first")  # nor afterwards

    def checked():
        return {e["to"] for e in house.outbound(containing=is_check_in)}

    def failed():
        return {e["to"] for e in errors(house, "first") if e["status"] in (0, 500)}
    wait_until(lambda: len(checked() | failed()) == len(people) and (what == ACCEPTED or len(errors(house, "first")) >= 4), 90,
               lambda: (checked(), failed()))
    silent = what in (ACCEPTED, "hangs")  # the request is given up after ten seconds
    house.stays_quiet((20 if silent else 4) * SLOW, containing=lambda body: False)  # whatever else would come, comes
    assert all(len(house.outbound(person, is_check_in)) == 1 for person in checked()), "somebody was asked twice"
    if what in ("has no room", ACCEPTED):
        assert checked() == set(people)
    else:
        assert failed() and not failed() & checked(), (failed(), checked())


def test_trouble_moves_texts_away_and_back(house):
    trouble(house, "answers 500")
    wait_until(lambda: enroll(house, 1) and len(errors(house, "first")) >= 5, 30, "five failures")
    log = os.path.join(house.state, "log", "scheduler.log")
    wait_until(lambda: "account-unhealthy account=first" in open(log).read(), 10, lambda: open(log).read()[-2000:])
    since = house.mark()
    moved, = enroll(house, 1)
    assert house.wait_outbound(moved, since=since)["provider"] == "second"
    assert moved not in {e["to"] for e in errors(house, "first", since)}
    house.clear_faults()
    wait_until(lambda: enroll(house, 1) and by(house, "first", since), 120, "a text by the first account again", every=2)
    wait_until(lambda: "account-healthy account=first" in open(log).read(), 10)


def test_people_keep_the_number_that_they_know(house):
    by_first, by_second = number(), number()
    joined(house, by_first, FIRST)
    joined(house, by_second, SECOND)
    house.text(by_first, "1", FIRST)
    house.text(by_second, "1", SECOND)
    wait_until(lambda: len(house.outbound(by_first)) >= 4 and len(house.outbound(by_second)) >= 4, 15)
    assert {(e["from"], e["provider"]) for e in house.outbound(by_first)} == {(FIRST, "first")}
    assert {(e["from"], e["provider"]) for e in house.outbound(by_second)} == {(SECOND, "second")}


# --- opted out ------------------------------------------------------------------------------------


def nothing_more(house, person):
    """Not by the first account, and when that has trouble, not by the second: through the time of the next check-in."""
    trouble(house, "answers 500")
    since = house.mark()
    house.stays_quiet(28 * SLOW, person, since=since)
    assert not [e for e in house.log(since) if e["to"] == person and e["kind"] in ("outbound", "api-error")], "an account was asked"


def test_stop_holds_for_every_account(house):
    person = number()
    joined(house, person)
    since = house.mark()
    house.text(person, "STOP")
    house.wait_outbound(person, since=since)  # says so
    nothing_more(house, person)


def test_what_the_carrier_says_of_a_stop_holds_for_every_account(house):
    person = number()
    joined(house, person)
    house.fault(receipt="21610", provider="first", to=person, count=1)
    since = house.mark()
    house.text(person, "1")  # the receipt of what answers this says: opted out
    wait_until(lambda: [e for e in house.log(since) if e["kind"] == "receipt" and e["to"] == person and e["status"] == "undelivered"], 15)
    wait_until(lambda: "opted out" in str(house.history(person)), 10, lambda: house.history(person))
    nothing_more(house, person)


# --- pace -----------------------------------------------------------------------------------------


def test_each_account_is_paced_by_itself_and_pages_do_not_wait(new_house):
    rate, people = 3, 40
    pace = ", texts_per_second: %d" % rate
    house = new_house(edits=two(pace, pace, 100, [(r"every: \S+", "every: 90s"), (r"late_limit: \S+", "late_limit: 60s")])).start()
    asks = number()
    joined(house, asks)
    start = house.mark()
    crowd = enroll(house, people)
    house.wait_outbound(crowd[0], since=start)
    since = house.mark()
    house.text(asks, "I want to die")
    page = house.wait_outbound(ON_CALL_1, PAGE, since=since, timeout=3)
    assert len({e["to"] for e in house.outbound(since=start)}) < people, "the crowd did not wait at all"
    wait_until(lambda: {e["to"] for e in house.outbound(containing=is_check_in, since=start)} >= set(crowd), 60)
    assert all(len(house.outbound(person, is_check_in)) == 1 for person in crowd)
    assert page["n"] < max(e["n"] for e in house.outbound(since=start))
    for name in ("first", "second"):
        times = sorted(moment(e) for e in by(house, name, start) if e["to"] in crowd)
        assert len(times) > people / 4, "the draw gave the other account nearly everything"
        for i in range(len(times) - 2 * rate):  # a second's depth and a second's rate at most
            assert times[i + 2 * rate] - times[i] > 0.8, "%d texts within a second by %s" % (2 * rate + 1, name)
