"""Every kind of provider, with a house that differs from the demo in its warmline.yaml only: from JOIN to the supporter.

The providers are fakes that were written from their descriptions (providers.py); a fake refuses what is not documented.
"""
import os
import re

import pytest

from house import FAST, PROGRAM, SUPPORTER, House, wait_until
from providers import KINDS, provider
from test_edge import metrics
from test_story import CONSENT, is_check_in



@pytest.fixture(scope="module", params=sorted(KINDS))
def fake(request):
    """A fake provider, and a running house that has its only account there."""
    with provider(request.param) as fake:
        house = House(edits={"programs/demo.yaml": FAST, "warmline.yaml": fake.edits()})
        try:
            fake.tell(house)
            house.start()
            fake.telephones = iter("+1202555%04d" % n for n in range(150, 200))
            yield fake
            assert not fake.complaints
        finally:
            print(house.output())
            house.close()


@pytest.fixture
def house(fake):
    return fake.house


@pytest.fixture
def number(fake):
    """A telephone that no other test of this house uses."""
    return next(fake.telephones)


def take(fake, webhook):
    answer = fake.post(webhook)
    assert fake.is_fine(answer), answer
    return answer


def receipts(house, person, status):
    return [e for e in house.history(person) if e["kind"] == "receipt" and e.get("status") == status]


def counted(house, route, status):
    series = 'warmline_webhooks_total{route="%s",provider="%s",status="%d"}'
    return sum(metrics(house).get(series % (route, name, status), 0) for name in KINDS)


# --- the whole way --------------------------------------------------------------------------------


def test_from_join_to_the_supporter(fake, house, number):
    taken, confirmed = counted(house, "text", 200), counted(house, "receipt", 200) + counted(house, "receipt", 204)
    take(fake, fake.text(number, "JOIN"))
    fake.wait_sent(number, CONSENT)
    take(fake, fake.text(number, "YES"))
    fake.wait_sent(number, "STOP", count=2)  # the welcome
    check_in = fake.wait_sent(number, is_check_in)
    assert check_in.sender == PROGRAM and check_in.to == number
    for sent in fake.texts_to(number):
        for part in range(len(sent.ids)):
            answer = fake.post(fake.receipt(sent, part=part))
            assert answer.status in (200, 204), answer
    wait_until(lambda: len(receipts(house, number, "delivered")) >= len(fake.texts_to(number)), 15, lambda: house.history(number))
    assert not fake.gives_id or check_in.id in [e["provider_id"] for e in receipts(house, number, "delivered")]
    take(fake, fake.text(number, "3"))
    fake.wait_sent(SUPPORTER, number)
    assert counted(house, "text", 200) == taken + 3
    assert counted(house, "receipt", 200) + counted(house, "receipt", 204) >= confirmed + 3
    assert not fake.complaints


def test_words_arrive_as_they_were_typed(fake, house, number):
    for body in ("1 & 2 = 3 % + ok?", "caf\u00e9 \u20ac \U0001F642 \u202ais\u202c", "line\nline \"quoted\" \\ back", "x" * 1500, "%d %25 %b ;"):
        take(fake, fake.text(number, body))
        wait_until(lambda: body in [e.get("body") for e in house.history(number)], 10, lambda: (body, house.history(number)))


def test_every_documented_way_to_bring_a_text_is_taken(fake, house, number):
    for i, (name, webhook) in enumerate(fake.variants(number, "hello there").items()):
        answer = fake.post(webhook)
        assert fake.is_fine(answer), (name, answer)
        wait_until(lambda: len(house.texts_in(number)) == i + 1, 10, name)


def test_a_text_that_comes_again_is_one_text(fake, house, number):
    webhook = fake.text(number, "only once")
    take(fake, webhook)
    take(fake, webhook)
    take(fake, fake.text(number, "and another"))
    wait_until(lambda: len(house.texts_in(number)) == 2, 10)


def test_what_the_carrier_says_of_a_stop_ends_the_texts(fake, house, number):
    if not fake.opted_out:
        pytest.skip("%s has no word for it that is documented" % fake.kind)
    take(fake, fake.text(number, "JOIN"))
    fake.wait_sent(number, CONSENT)
    take(fake, fake.text(number, "YES"))
    check_in = fake.wait_sent(number, is_check_in)
    status, error = fake.opted_out
    answer = fake.post(fake.receipt(check_in, status, **error))
    assert answer.status in (200, 204), answer
    wait_until(lambda: "consent.provider" in [e["decided_by"] for e in house.history(number)], 10, lambda: house.history(number))
    assert [e["why"] for e in house.history(number) if e["kind"] == "receipt" and e["provider_id"] == check_in.id] == ["opted out"]


# --- what is not the provider's -------------------------------------------------------------------


def test_forged_webhooks_are_refused_counted_and_change_nothing(fake, house, number):
    take(fake, fake.text(number, "mine"))
    wait_until(lambda: house.texts_in(number), 10)
    known = house.history(number)
    for name, (webhook, status) in fake.forgeries(number, "STOP").items():
        wanted = status if isinstance(status, tuple) else (status,)
        before = sum(counted(house, "text", s) for s in wanted)
        answer = fake.post(webhook)
        assert answer.status in wanted and answer.body == b"", (name, answer)
        assert (answer.status == 401) == ("www-authenticate" in answer.headers), name
        if answer.status != 404:
            wait_until(lambda: sum(counted(house, "text", s) for s in wanted) == before + 1, 5, name)
    assert house.history(number) == known


def test_forged_receipts_are_refused(fake, house, number):
    take(fake, fake.text(number, "JOIN"))
    sent = fake.wait_sent(number, CONSENT)
    webhook = fake.receipt(sent)
    if fake.path:
        webhook.url = webhook.url.replace(fake.path, "x" * len(fake.path))
    else:
        for name in list(webhook.headers):
            if name != "Content-Type":
                del webhook.headers[name]
        webhook.url = re.sub("sig=[^&]*", "sig=", webhook.url)
        webhook.body = re.sub(b"sig=[^&]*", b"sig=", webhook.body)
    assert fake.post(webhook).status in (401, 403)
    take(fake, fake.text(number, "no"))
    wait_until(lambda: len(house.texts_in(number)) == 2, 10)
    assert not receipts(house, number, "delivered")


def test_other_methods_and_types_are_refused(fake, house, number):
    for method in ("PUT", "DELETE") if fake.takes_get else ("PUT", "DELETE", "GET"):
        webhook = fake.text(number, "x")
        webhook.method = method
        assert fake.post(webhook).status == 405
    webhook = fake.text(number, "x")
    if webhook.method == "GET":
        webhook.method = "POST"
        webhook.headers["Content-Type"] = "text/csv"
        webhook.body = b"x"
        assert fake.post(webhook).status in (400, 415)
    else:
        webhook.headers["Content-Type"] = "text/csv"
        assert fake.post(webhook).status == 415
    assert fake.post(fake.text(number, "and this")).status in (200, 204)
    wait_until(lambda: len(house.texts_in(number)) == 1, 10)


def test_what_is_proven_but_makes_no_sense_is_refused_with_a_reason(fake, house, number):
    webhook = fake.text("+12", "from no number")
    answer = fake.post(webhook)
    assert answer.status == 400 and len(answer.body) > 10, answer
    assert b"+12" not in answer.body


def test_nothing_private_is_in_logs_and_metrics(fake, house):
    said = house.get("/metrics").text + house.output()
    for name in os.listdir(os.path.join(house.state, "log")):
        with open(os.path.join(house.state, "log", name), errors="replace") as f:
            said += f.read()
    canaries = [line.split(": ")[1] for line in fake.secrets] + ["2025550150", "hello there", "typed", fake.path or PROGRAM[2:]]
    for canary in canaries:
        assert canary not in said, canary
