"""What can be set up wrong with a provider: secrets, addresses, networks, keys. The sentence says what to do."""
import os
import re

import pytest

from house import FAST, ON_CALL_1, wait_until
from providers import KINDS, provider
from test_providers import take
from test_story import CONSENT, PAGE, is_check_in

NUMBER = "+12025550150"
SIGNS_URL = sorted(kind for kind, c in KINDS.items() if c.signs_url)


@pytest.fixture
def fake_of(new_house):
    """A function that gives a fake of a kind and its house, not running: fake_of("telnyx", numbers="[...]")."""
    fakes = []

    def make(kind, tell=True, **more):
        fakes.append(provider(kind))
        house = new_house(edits={"programs/demo.yaml": FAST, "warmline.yaml": fakes[-1].edits(**more)})
        if tell:
            fakes[-1].tell(house)
        return fakes[-1]

    yield make
    for fake in fakes:
        fake.__exit__()


def refused(house):
    """What `up` says when it does not start."""
    house.launch()
    code = wait_until(lambda: house.up.poll() is not None and [house.up.returncode], 15, "up to end")[0]
    assert code == 4, (code, house.output())
    return house.output()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_without_a_secret_nothing_starts_and_the_sentence_says_which(fake_of, kind):
    fake = fake_of(kind)
    for line in KINDS[kind].secrets:
        name = line.split(":")[0]
        if name == "webhook" and fake.path:
            continue  # a password besides the path is a choice
        if name == "api" and kind == "vonage-sms":
            continue  # requests are signed
        fake.write_secrets(fake.house, [other for other in fake.secrets if other != line])
        said = refused(fake.house)
        assert re.search(r'warmline\.yaml:\d+: secrets_file: has no line "%s: \.\.\.", expected' % name, said), said
        if name == "path":
            assert "openssl rand -hex" in said
        assert not any(other.split(": ")[1] in said for other in fake.secrets)
        open(fake.house.up_log, "w").close()


def test_secrets_that_others_can_read_are_refused(fake_of):
    fake = fake_of("sinch")
    os.chmod(os.path.join(fake.house.config, "sinch.secrets"), 0o644)
    assert "chmod 600" in refused(fake.house)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_check_prints_the_addresses_that_the_provider_must_be_told(fake_of, kind):
    fake = fake_of(kind)
    said = fake.house.cli("check", "--providers", code=None)
    for leaf in ("sms",) if fake.same_path else ("sms", "status"):
        address = fake.address(leaf)
        assert address.replace(fake.path, "<path>") in said if fake.path else address in said, said
    assert not any(line.split(": ")[1] in said for line in fake.secrets), "secrets have no place on a screen"
    assert ("signs nothing" in said) == (not fake.signs_body), said


@pytest.mark.parametrize("kind", SIGNS_URL)
def test_check_names_the_address_that_the_provider_calls_instead(fake_of, kind):
    fake = fake_of(kind)
    house = fake.house.start()
    right = fake.public
    assert "PROBLEM" not in house.cli("check", "--providers")
    for wrong in ("https://warmline.example.org", "http://warmline.example.org:8080", "https://127.0.0.1:%d" % house.port):
        fake.public = wrong
        assert fake.post(fake.text(NUMBER, "hello")).status == 403
        said = wait_until(lambda: (lambda s: s if "PROBLEM" in s and wrong + "," in s else "")(house.cli("check", "--providers", code=None)),
                          10, wrong)
        assert right in said
        house.cli("check", "--providers", code=4)
    assert house.texts_in(NUMBER) == []
    fake.public = "https://evil.example.org"
    assert fake.post(fake.sign(fake.inbound(fake.number(NUMBER), fake.number(NUMBER), "x"), secret=fake.another_secret)).status == 403
    assert "evil" not in house.cli("check", "--providers", code=4), "who cannot sign cannot make us say that"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_while_a_secret_is_being_changed_both_are_right(fake_of, kind):
    fake = fake_of(kind)
    old = fake.text(NUMBER, "with the old one")
    fake.write_secrets(fake.house, fake.change_secret())
    fake.house.start()
    new, older = fake.text(NUMBER, "with the new one"), provider(kind)
    older.tell(fake.house)
    for webhook in (old, new, older.text(NUMBER, "once more with the old one")):
        take(fake, webhook)
    wait_until(lambda: len(fake.house.texts_in(NUMBER)) == 3, 10)
    older.__exit__()


def test_from_another_network_nobody_writes(fake_of):
    fake = fake_of("kannel", networks="[203.0.113.0/24, 10.0.0.0/8]")
    fake.house.start()
    answer = fake.post(fake.text(NUMBER, "hello"))
    assert (answer.status, answer.body) == (403, b"")
    assert fake.house.texts_in(NUMBER) == []


@pytest.mark.parametrize("kind", sorted(kind for kind, c in KINDS.items() if c.looks_up))
def test_text_without_a_receipt_is_looked_up(fake_of, kind):
    fake = fake_of(kind, look_up_after="2s")
    fake.house.start()
    take(fake, fake.text(NUMBER, "JOIN"))
    fake.wait_sent(NUMBER, CONSENT)
    take(fake, fake.text(NUMBER, "YES"))
    sent = fake.wait_sent(NUMBER, is_check_in)
    wait_until(lambda: [e for e in fake.house.history(NUMBER)
                        if e["kind"] == "receipt" and e["status"] == "delivered" and e["provider_id"] == sent.id], 20,
               lambda: (fake.complaints, fake.house.history(NUMBER)))
    assert not fake.complaints
    assert len([r for r in fake.requests if r.method == "GET" and sent.id in r.target]) == 1, "asked more than once"


# --- what only one of them has --------------------------------------------------------------------


def test_vonage_with_a_private_key_signs_its_requests(fake_of):
    fake = fake_of("vonage", application=KINDS["vonage"].application, private_key_file="vonage.key")
    fake.use_private_key(fake.house)
    fake.house.start()
    take(fake, fake.text(NUMBER, "JOIN"))
    fake.wait_sent(NUMBER, CONSENT)
    assert not fake.complaints


@pytest.mark.parametrize("scheme", ["md5hash", "md5hmac", "sha1hmac", "sha256hmac", "sha512hmac"])
def test_each_signature_of_vonages_sms_api_holds_both_ways(fake_of, scheme):
    fake = fake_of("vonage-sms", signature=scheme)
    fake.scheme = scheme
    fake.house.start()
    take(fake, fake.text(NUMBER, "JOIN & = _"))
    take(fake, fake.text(NUMBER, "JOIN", method="GET"))
    fake.wait_sent(NUMBER, CONSENT)
    fake.scheme = "sha1hmac" if scheme == "md5hmac" else "md5hmac"
    assert fake.post(fake.text(NUMBER, "YES")).status == 403


def test_crisis_in_two_parts_of_a_long_text_is_read_as_one(fake_of):
    """Vonage's SMS API does not join them, and they overtake each other."""
    fake = fake_of("vonage-sms")
    fake.house.start()
    parts = [fake.text(NUMBER, body, **{"concat": "true", "concat-ref": "42", "concat-total": "2", "concat-part": str(i + 1)})
             for i, body in enumerate(("x" * 145 + " I want to", " die and that is all"))]
    for webhook in reversed(parts):
        take(fake, webhook)
    fake.wait_sent(ON_CALL_1, PAGE, timeout=20)


def test_several_texts_in_one_webhook_are_all_read(fake_of):
    """Infobip brings up to a hundred at once."""
    fake = fake_of("infobip")
    fake.house.start()
    bodies = ["text number %d" % i for i in range(40)]
    take(fake, fake.sign(fake.inbound(NUMBER[1:], fake.number("+12025550100"), *bodies)))
    wait_until(lambda: [e.get("body") for e in fake.house.history(NUMBER) if e["kind"] == "text-in"] == bodies, 15,
               lambda: fake.house.history(NUMBER))


def test_receipt_that_names_no_text_of_ours_finds_it_by_the_providers_id(fake_of):
    """Africa's Talking has one address for all receipts."""
    fake = fake_of("africastalking")
    fake.house.start()
    take(fake, fake.text(NUMBER, "JOIN"))
    fake.wait_sent(NUMBER, CONSENT)
    take(fake, fake.text(NUMBER, "YES"))
    sent = fake.wait_sent(NUMBER, is_check_in)
    assert fake.post(fake.receipt(sent)).status in (200, 204)
    wait_until(lambda: [e for e in fake.house.history(NUMBER) if e["kind"] == "receipt" and e["provider_id"] == sent.id], 10)
