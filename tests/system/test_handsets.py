"""The page of handsets: what the carrier serves, and a person using it on a telephone."""
import re
from html.parser import HTMLParser

import pytest

from carrier_browser import Browser, is_there
from house import ALEX, PROGRAM, wait_until
from webhook import Wire

needs_browser = pytest.mark.skipif(not is_there(), reason="Debian packages chromium and chromium-driver are not installed")


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.all = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.all.append((tag, dict(attributes)))


@pytest.fixture
def browser():
    b = Browser(360, 740)
    yield b
    b.close()


def test_page_needs_nothing_from_elsewhere(fast_house):
    page = fast_house.carrier("GET", "/")
    elements = Elements(page.text).all
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    for tag, attributes in elements:
        assert "style" not in attributes and not any(name.startswith("on") for name in attributes), (tag, attributes)
        for address in (attributes.get("src"), attributes.get("href")):
            if address and not address.startswith("data:"):
                assert "//" not in address, address
                assert fast_house.carrier("GET", "/" + address).status_code == 200, address


def test_every_element_that_the_script_looks_for_is_there(fast_house):
    elements = Elements(fast_house.carrier("GET", "/").text).all
    ids = {attributes["id"] for _, attributes in elements if "id" in attributes}
    wanted = set(re.findall(r'\$\("([\w-]+)"\)', fast_house.carrier("GET", "/page.js").text))
    assert wanted and wanted <= ids


def test_controls_have_names(fast_house):
    elements = Elements(fast_house.carrier("GET", "/").text).all
    labels = {attributes.get("for") for tag, attributes in elements if tag == "label"}
    for tag, attributes in elements:
        if tag in ("input", "textarea", "select"):
            assert attributes.get("id") in labels or "aria-label" in attributes, attributes
        if tag == "html":
            assert attributes.get("lang") == "en"


def bubbles(browser):
    return browser.js("return [...document.querySelectorAll('.row')].map(r => [r.className, r.textContent])")


def type_text(browser, body):
    browser.js("document.getElementById('body').value = arguments[0]; document.getElementById('send').click();", body)


@needs_browser
def test_person_joins_on_a_telephone_and_sees_the_answer(fast_house, browser):
    browser.go("http://127.0.0.1:%d/" % fast_house.carrier_port)
    wait_until(lambda: browser.js("return document.getElementById('line').textContent") == "Live", 10, "the page to be live")
    assert browser.js("return document.documentElement.scrollWidth <= innerWidth")
    type_text(browser, "join <b>&amp;")
    wait_until(lambda: any("join <b>&amp;" in text and "mine" in kind for kind, text in bubbles(browser)), 5, "the own bubble, as typed")
    type_text(browser, "JOIN")
    wait_until(lambda: any("YES" in text and "mine" not in kind for kind, text in bubbles(browser)), 10, "the question")
    assert fast_house.outbound(ALEX, "YES")
    assert browser.complaints() == []


@needs_browser
def test_text_to_another_phone_shows_as_unread(fast_house, browser):
    browser.go("http://127.0.0.1:%d/" % fast_house.carrier_port)
    wait_until(lambda: browser.js("return document.getElementById('line').textContent") == "Live", 10, "the page to be live")
    fast_house.text("+12025550190", "I want to die", to=PROGRAM)
    wait_until(lambda: browser.js("return document.querySelectorAll('.tab .badge').length") > 0, 10, "a badge")
    browser.js("document.querySelector('.tab .badge').closest('.tab').click()")
    wait_until(lambda: bubbles(browser), 5, "the page text on the other phone")
    assert browser.complaints() == []


@needs_browser
def test_text_from_another_number_of_ours_stands_in_the_same_conversation(fast_house, browser):
    wire = Wire(fast_house)
    browser.go("http://127.0.0.1:%d/" % fast_house.carrier_port)
    wait_until(lambda: browser.js("return document.getElementById('line').textContent") == "Live", 10, "the page to be live")
    tabs = browser.js("return document.querySelectorAll('.tab').length")
    for sender in (PROGRAM, "+12025550198"):
        answer = fast_house.carrier("POST", "/2010-04-01/Accounts/%s/Messages.json" % wire.account, auth=(wire.account, wire.token),
                                    data={"From": sender, "To": ALEX, "Body": "this is " + sender})
        assert answer.status_code == 201, answer.text
    wait_until(lambda: all(any("this is " + sender in text for _, text in bubbles(browser)) for sender in (PROGRAM, "+12025550198")),
               10, "both texts on Alex's phone")
    assert browser.js("return document.querySelectorAll('.tab').length") == tabs
    assert browser.complaints() == []
