"""The story that a newcomer tries: from JOIN to an acknowledged page, as seen by telephones only.

Each test has participants of its own; the staff are shared, so a test that opens a case also
has it taken. Texts are recognized by digits and single words, not by whole sentences: coordinators edit them.
"""
import re

import pytest

from house import (ALEX, FAST, ON_CALL_1, ON_CALL_2, PROGRAM, STAFF, SUPERVISOR, SUPPORTER, wait_until)

CHECK_IN = re.compile(r"\b1\b.*\b2\b.*\b3\b.*\b4\b", re.S)
AGAIN = re.compile(r"again|otra vez|de nuevo|reminder", re.I)
CONSENT = re.compile(r"\bYES\b")
SAFETY = re.compile(r"\b911\b")
CODE = re.compile(r"\b(\d{4})\b")
PAGE = re.compile(r"[Cc]ase\b.*\b\d{4}\b", re.S)

_numbers = iter(range(150, 200))


@pytest.fixture
def number():
    """A telephone that no other test uses."""
    return "+1202555%04d" % next(_numbers)


@pytest.fixture
def house(fast_house):
    fast_house.clear_faults()
    return fast_house


def is_check_in(body):
    return bool(CHECK_IN.search(body)) and not AGAIN.search(body)


def is_reminder(body):
    return bool(CHECK_IN.search(body)) and bool(AGAIN.search(body))


def join(house, number):
    house.text(number, "JOIN")
    house.wait_outbound(number, CONSENT)
    house.text(number, "Yes")
    house.wait_outbound(number, "STOP", count=2)


def page_of(house, since, staff=ON_CALL_1, timeout=10):
    """The page that came after `since`, and its case number."""
    entry = house.wait_outbound(staff, PAGE, timeout=timeout, since=since)
    return entry, CODE.search(entry["body"]).group(1)


def take(house, staff, code):
    since = house.mark()
    house.text(staff, code)
    house.wait_outbound(staff, code, since=since)


# --- joining and answering ----------------------------------------------------------------------

def test_join_needs_a_yes_and_then_check_ins_come(house, number):
    house.text(number, "join")
    house.wait_outbound(number, CONSENT)
    house.stays_quiet(2.5, number, is_check_in)
    house.text(number, "YES")
    house.wait_outbound(number, "STOP", count=2)  # the welcome
    house.wait_outbound(number, is_check_in)
    since = house.mark()
    house.text(number, "good")
    house.wait_outbound(number, since=since)
    house.stays_quiet(7, number, is_reminder, since=since)
    assert not house.outbound(SUPPORTER, number, since)


def test_no_to_the_question_means_no_texts(house, number):
    house.text(number, "JOIN")
    house.wait_outbound(number, CONSENT)
    since = house.mark()
    house.text(number, "no")
    house.wait_outbound(number, since=since)
    house.stays_quiet(3, number, is_check_in, since=since)


@pytest.mark.parametrize("answer", ["3", "hard"])
def test_hard_answer_reaches_the_supporter(house, number, answer):
    join(house, number)
    house.wait_outbound(number, is_check_in)
    since = house.mark()
    house.text(number, answer)
    house.wait_outbound(number, since=since)
    house.wait_outbound(SUPPORTER, number, since=since)


@pytest.mark.parametrize("answer", ["4", "call me", "llámame"])
def test_wish_for_a_call_reaches_the_supporter(house, number, answer):
    join(house, number)
    house.wait_outbound(number, is_check_in)
    since = house.mark()
    house.text(number, answer)
    house.wait_outbound(SUPPORTER, [number, "call"], since=since)


def test_silence_reminder_missed_contact_supervisor_and_late_answer(house, number):
    start = house.mark()
    house.enroll(number, "Robin")
    house.wait_outbound(number, is_check_in)
    house.wait_outbound(number, is_reminder, timeout=12)
    house.wait_outbound(SUPPORTER, number, timeout=12, since=start)
    assert len(house.outbound(number, is_check_in)) == 1
    assert len(house.outbound(number, is_reminder)) == 1
    assert not house.outbound(SUPERVISOR, number, start)
    house.wait_outbound(number, is_check_in, timeout=35, count=2)  # the next one, unanswered too
    house.wait_outbound(SUPPORTER, number, timeout=20, since=start, count=2)
    house.wait_outbound(SUPERVISOR, number, timeout=10, since=start)
    since = house.mark()
    house.text(number, "2")
    house.wait_outbound(number, since=since)
    house.wait_outbound(SUPPORTER, "Robin", since=since)
    house.wait_outbound(SUPERVISOR, "Robin", since=since)
    assert len(house.outbound(number, since=since)) == 1


def test_free_words_reach_a_human(house, number):
    house.enroll(number, "Kim")
    house.wait_outbound(number, is_check_in)
    since = house.mark()
    house.text(number, "my cat had kittens yesterday, three of them")
    house.wait_outbound(number, since=since)
    house.wait_outbound(SUPPORTER, number, since=since)


# --- crisis -------------------------------------------------------------------------------------

def test_crisis_page_silence_next_person_ack_and_the_others_told(house, number):
    house.enroll(number, "Noor")
    house.wait_outbound(number, is_check_in)
    since = house.mark()
    house.text(number, "I want to die")
    house.wait_outbound(number, SAFETY, timeout=5, since=since)
    first, code = page_of(house, since, ON_CALL_1, timeout=5)
    assert number not in first["body"] and "Noor" not in first["body"] and "die" not in first["body"]
    _, same = page_of(house, since, ON_CALL_2, timeout=15)
    assert same == code
    after = house.mark()
    house.text(ON_CALL_2, "1")
    mine = house.wait_outbound(ON_CALL_2, code, since=after)
    assert number in mine["body"] and "Noor" in mine["body"]
    house.wait_outbound(ON_CALL_1, code, since=after)
    quiet = house.mark()
    house.stays_quiet(6, None, lambda body: code in body and PAGE.search(body) and "reply" in body.lower(), since=quiet)


def test_nobody_answers_and_the_pages_go_round(house, number):
    since = house.mark()
    house.text(number, "I am going to kill myself")
    _, code = page_of(house, since, ON_CALL_1, timeout=5)
    house.wait_outbound(ON_CALL_2, code, timeout=15, since=since)
    house.wait_outbound(SUPERVISOR, code, timeout=15, since=since)
    house.wait_outbound(ON_CALL_1, code, timeout=20, since=since, count=2)
    take(house, ON_CALL_1, code)


@pytest.mark.parametrize("ack", ["1", "ACK", "code"])
def test_every_way_to_acknowledge(house, number, ack):
    since = house.mark()
    house.text(number, "I want to kill myself")
    _, code = page_of(house, since)
    after = house.mark()
    house.text(ON_CALL_1, code if ack == "code" else ack)
    house.wait_outbound(ON_CALL_1, [code, lambda body: "reply 1" not in body.lower()], since=after)
    quiet = house.mark()
    house.stays_quiet(6, ON_CALL_2, code, since=quiet)


def test_words_that_are_no_acknowledgement_do_not_stop_the_pages(house, number):
    since = house.mark()
    house.text(number, "no quiero vivir")
    _, code = page_of(house, since)
    house.text(number, "1")  # the person in crisis is not on call
    house.text(SUPPORTER, "1")
    house.wait_outbound(ON_CALL_2, code, timeout=15, since=since)
    take(house, ON_CALL_2, code)


def test_crisis_from_an_unknown_number(house, number):
    since = house.mark()
    house.text(number, "i want to die")
    house.wait_outbound(number, SAFETY, timeout=5, since=since)
    _, code = page_of(house, since, timeout=5)
    take(house, ON_CALL_1, code)
    assert number[-2:] in house.cli("list", "strangers")


def test_crisis_in_the_middle_of_joining(house, number):
    house.text(number, "JOIN")
    house.wait_outbound(number, CONSENT)
    since = house.mark()
    house.text(number, "I want to die")
    house.wait_outbound(number, SAFETY, timeout=5, since=since)
    _, code = page_of(house, since, timeout=5)
    take(house, ON_CALL_1, code)
    house.text(number, "YES")  # the question is still open
    house.wait_outbound(number, is_check_in)


def test_crisis_after_stop_still_reaches_a_person(house, number):
    house.enroll(number, "Jo")
    house.wait_outbound(number, is_check_in)
    since = house.mark()
    house.text(number, "STOP")
    house.wait_outbound(number, "START", since=since)
    since = house.mark()
    house.text(number, "I want to kill myself tonight")
    house.wait_outbound(number, SAFETY, timeout=5, since=since)
    _, code = page_of(house, since, timeout=5)
    take(house, ON_CALL_1, code)
    house.stays_quiet(3, number, is_check_in, since=since)


# --- leaving and coming back --------------------------------------------------------------------

def test_stop_gives_one_confirmation_and_then_nothing(house, number):
    house.enroll(number, "Lou")
    house.wait_outbound(number, is_check_in)
    since = house.mark()
    house.text(number, "Stop")
    house.wait_outbound(number, "START", since=since)
    house.text(number, "STOP")
    house.text(number, "good")
    house.enroll(number, "Lou", code=1)  # staff cannot undo a STOP
    confirmed = house.outbound(number, since=since)[0]["n"]
    house.stays_quiet(8, number, since=confirmed)


def test_start_brings_the_check_ins_back(house, number):
    house.enroll(number, "Ari")
    house.wait_outbound(number, is_check_in)
    house.text(number, "STOP")
    house.wait_outbound(number, "START")
    since = house.mark()
    house.text(number, "START")
    house.wait_outbound(number, since=since)
    house.wait_outbound(number, is_check_in, timeout=15, since=since)


def test_help_is_answered(house, number):
    house.enroll(number, "Fay")
    house.wait_outbound(number, is_check_in)
    since = house.mark()
    house.text(number, "HELP")
    house.wait_outbound(number, SAFETY, since=since)


def test_provider_that_answered_stop_itself_gets_no_second_confirmation(house, number):
    house.enroll(number, "Pat")
    house.wait_outbound(number, is_check_in)
    since = house.mark()
    house.text(number, "STOP", opt_out="STOP")
    house.stays_quiet(3, number, since=since)


# --- strangers, duplicates, languages -----------------------------------------------------------

def test_stranger_gets_one_polite_answer_and_a_place_in_the_queue(house, number):
    house.text(number, "Hello, who is this?")
    house.wait_outbound(number)
    house.text(number, "Anybody there?")
    house.stays_quiet(3, number, since=house.outbound(number)[0]["n"])
    assert number[-2:] in house.cli("list", "strangers")


def test_same_text_delivered_again_counts_once(house, number):
    sid = house.text(number, "JOIN")
    house.wait_outbound(number, CONSENT)
    since = house.mark()
    for _ in range(3):
        house.text(number, "JOIN", sid=sid)
    house.stays_quiet(2, number, since=since)
    assert house.texts_in(number) == [sid]


def test_spanish_participant_is_answered_in_spanish(house, number):
    house.enroll(number, "Luz", language="es")
    entry = house.wait_outbound(number, CHECK_IN)
    assert re.search(r"\bbien\b|\bhola\b", entry["body"], re.I)
    since = house.mark()
    house.text(number, "bien")
    house.wait_outbound(number, since=since)
    house.stays_quiet(7, number, CHECK_IN, since=since)


def test_every_text_stands_once_in_the_log_of_its_person(house, number):
    house.fault(webhook="duplicate", count=3)
    sids = [house.text(number, "note %d" % i) for i in range(12)]
    wait_until(lambda: len(house.texts_in(number)) >= 12, 10, "twelve texts in the log")
    assert house.texts_in(number) == sids


# --- enrollment by staff ------------------------------------------------------------------------

def test_enrollment_by_command_asks_first_unless_confirmed(house, number):
    house.enroll(number, "Sky", confirmed=False)
    house.wait_outbound(number, CONSENT)
    house.stays_quiet(2.5, number, is_check_in)
    house.text(number, "yes")
    house.wait_outbound(number, is_check_in)


def test_enrollment_with_an_own_supporter(house, number):
    house.enroll(number, "Bo", supporter="+12025550149")
    house.wait_outbound(number, is_check_in)
    since = house.mark()
    house.text(number, "hard")
    house.wait_outbound("+12025550149", number, since=since)
    assert not house.outbound(SUPPORTER, number, since)


def test_enrollment_by_list_all_or_nothing(house, number, tmp_path):
    other = "+12025550148"
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("number,name,language,confirmed\n%s,\"Ann, B.\",en,yes\n%s,Cy,es,no\n" % (number, other))
    bad.write_text("number,name\n+12025550147,Di\nnonsense,Ed\n")
    since = house.mark()
    house.cli("enroll", "--program", "demo", "--csv", str(good), "--dry-run")
    assert house.cli("enroll", "--program", "demo", "--csv", str(bad), code=None) is not None
    house.stays_quiet(1.5, since=since, containing=None, to="+12025550147")
    assert not house.outbound(number, since=since)
    house.cli("enroll", "--program", "demo", "--csv", str(good))
    house.wait_outbound(number, is_check_in)
    house.wait_outbound(other, re.compile(r"\bS[IÍ]\b|\bYES\b"), since=since)
    assert not house.outbound("+12025550147")


# --- the next morning ---------------------------------------------------------------------------

def test_second_start_finds_everybody_again(new_house):
    house = new_house(edits={"programs/demo.yaml": FAST})
    house.start()
    join(house, ALEX)
    sid = house.text(ALEX, "good")
    wait_until(lambda: sid in house.texts_in(ALEX), 10, "the text in the log")
    before = house.texts_in(ALEX)
    assert house.stop() == 0
    house.start()
    assert house.texts_in(ALEX) == before
    house.wait_outbound(ALEX, is_check_in, timeout=40)
    since = house.mark()
    house.text(ALEX, "I want to die")
    house.wait_outbound(ALEX, SAFETY, timeout=5, since=since)
    page_of(house, since, timeout=5)


def test_staff_roles_of_the_example_are_the_handsets(house):
    phones = {p["number"]: p for p in house.carrier("GET", "/sim/phones").json()}
    assert ALEX in phones and all(number in phones for number in STAFF)
    assert all(p["writes_to"] == PROGRAM for p in phones.values())
