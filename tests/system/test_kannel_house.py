"""warmline behind a real Kannel: texts in and out, receipts, and Kannel away for a while."""
import os

import pytest

import kannel as box
from house import FAST, PROGRAM, SUPPORTER, House, fits, wait_until
from listener import Listener
from test_kannel import ACCEPTED
from test_story import CONSENT, is_check_in

pytestmark = pytest.mark.skipif(not box.is_there(), reason="Debian package kannel is not installed")

PATH = "0123456789abcdef0123456789abcdef"
PAT = "+12025550150"


class Line:
    """A house whose only provider is a Kannel, and the telephone company behind that."""

    def __init__(self):
        self.carrier = Listener(lambda request: ACCEPTED)
        self.house = House(edits={"programs/demo.yaml": FAST})
        self.kannel = box.Kannel("http://127.0.0.1:%d/kannel" % self.house.port, PATH, self.carrier.url + "/send")
        self.house.edit("warmline.yaml", [(r"provider:\n  kind: simulator", (
            "provider: {kind: kannel, account: %s, api_url: '%s', secrets_file: kannel.secrets, "
            "networks: [127.0.0.1], texts_per_second: 50}") % (box.USER, self.kannel.api_url))])
        secrets = os.path.join(self.house.config, "kannel.secrets")
        with open(secrets, "w") as f:
            f.write("path: %s\napi: %s\n" % (PATH, box.PASSWORD))
        os.chmod(secrets, 0o600)

    def open(self):
        self.kannel.start()
        self.house.start()
        return self

    def close(self):
        print(self.house.output(), self.kannel.output())
        self.house.close()
        self.kannel.close()
        self.carrier.close()

    def wait_sent(self, to, containing, count=1):
        """The request for the text at the telephone company."""
        def is_it(request):
            coding = "utf-16-be" if request.query.get("coding") == b"2" else "utf-8"
            words = request.query.get("text", b"").decode(coding, "replace")
            return request.query.get("to") == to.encode() and fits(words, containing)
        return self.carrier.wait(is_it, count=count)


@pytest.fixture
def line():
    line = Line()
    try:
        yield line.open()
    finally:
        line.close()


def delivered(house, person):
    return [e for e in house.history(person) if e["kind"] == "receipt" and e.get("status") == "delivered"]


def test_a_text_goes_in_and_out_through_a_real_kannel(line):
    line.kannel.text(PAT, "JOIN")
    line.wait_sent(PAT, CONSENT)
    line.kannel.text(PAT, "YES")
    check_in = line.wait_sent(PAT, is_check_in)
    assert check_in.query["from"] == PROGRAM.encode()
    line.kannel.report(check_in, 1)
    wait_until(lambda: delivered(line.house, PAT), 15, lambda: line.house.history(PAT))
    line.kannel.text(PAT, "3")
    line.wait_sent(SUPPORTER, PAT)
    line.kannel.text(PAT, "estoy bien \u00f1 \U0001f44d")
    wait_until(lambda: "estoy bien \u00f1 \U0001f44d" in [e.get("body") for e in line.house.history(PAT)], 15,
               lambda: line.house.history(PAT))


def test_a_text_that_finds_warmline_away_comes_when_it_is_back(line):
    line.house.stop()
    line.kannel.text(PAT, "I was here")
    line.house.start()
    wait_until(lambda: [e.get("body") for e in line.house.history(PAT)].count("I was here") == 1, 30,
               lambda: line.house.history(PAT))
