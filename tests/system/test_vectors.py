"""`make vectors`: files of test vectors, ours and spoiled ones, against what is built."""
import json
import os
import re
import subprocess

import pytest

from house import BUILD, ROOT

RUN = os.path.join(BUILD, "tests", "tools", "vectors_run")
FOLDER = os.path.join(ROOT, "tests", "vectors")
FILES = sorted(name for name in os.listdir(FOLDER) if name.endswith(".json") and name != "gsm0338.json")


def run(*paths):
    """Exit code, passed, failed, all that was said."""
    done = subprocess.run([RUN, *map(str, paths)], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    last = re.fullmatch(r"(\d+) passed, (\d+) failed", done.stdout.splitlines()[-1])
    assert last, done.stdout
    return done.returncode, int(last[1]), int(last[2]), done.stdout


def vectors(name):
    with open(os.path.join(FOLDER, name)) as f:
        return json.load(f)["vectors"]


def is_optional(vector):
    return vector.get("level") == "optional" and vector["expect"] == "accept"


@pytest.fixture
def written(tmp_path):
    """A function that writes a file and gives its path."""
    def write(content, name="some.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps({"vectors": content}))
        return path
    return write


def test_all_of_ours_hold():
    code, passed, failed, said = run(FOLDER)
    assert (code, failed) == (0, 0), said
    told = said.count("optional, not supported")
    assert passed + told == sum(len(vectors(name)) for name in FILES)
    assert told <= sum(len([v for v in vectors(name) if is_optional(v)]) for name in FILES)


@pytest.mark.parametrize("name", FILES)
def test_expecting_the_contrary_fails(written, name):
    """Whatever is compared, it is compared."""
    spoiled = vectors(name)
    for vector in spoiled:
        if "expect" in vector:
            vector.update(expect="reject" if vector["expect"] == "accept" else "accept", level="must")
        else:
            vector["units"] += 1
    code, passed, failed, said = run(written(spoiled))
    optional = [v for v in vectors(name) if is_optional(v)]
    assert code == 1 and failed >= len(spoiled) - len(optional) and passed <= len(optional), said


@pytest.mark.parametrize("change", [{"encoding": "UCS-2"}, {"segments": 4}, {"segment_units": [153, 152, 1]}, {"segment_units": [306]}])
def test_every_member_of_a_segmentation_vector_counts(written, change):
    vector = {"id": "x", "text": "a" * 306, "encoding": "GSM-7", "units": 306, "segments": 2, "segment_units": [153, 153]}
    assert run(written([vector]))[:3] == (0, 1, 0)
    code, _, failed, said = run(written([{**vector, **change}]))
    assert (code, failed) == (1, 1) and "x (" in said


@pytest.mark.parametrize("change,sentence", [
    ({"scheme": "carrier-pigeon"}, 'scheme "carrier-pigeon" is not known'), ({"headers": None}, "has no headers"), ({"url": 7}, "has no url"),
    ({"headers": [["a"]]}, "has a header that is no"), ({"key": {}}, "has no key"), ({"expect": "maybe"}, 'expect is "maybe"'),
    ({"level": "perhaps"}, 'level is "perhaps"'), ({"scheme": None, "text": None}, "is neither")])
def test_what_is_no_vector_has_failed_and_is_named(written, change, sentence):
    good = vectors("twilio.json")[0]
    vector = {name: value for name, value in {**good, **change}.items() if value is not None}
    code, passed, failed, said = run(written([vector, good]))
    assert (code, passed, failed) == (1, 1, 1) and sentence in said and good["id"] in said, said


def test_files_that_cannot_be_read_have_failed(written, tmp_path):
    for path in (written("{", "cut.json"), written("[]", "empty.json"), tmp_path / "none.json", os.path.join(FOLDER, "gsm0338.json")):
        code, _, failed, said = run(path, os.path.join(FOLDER, "twilio.json"))
        assert (code, failed) == (1, 1) and str(path) in said, said
    assert run(tmp_path)[2] == 2, "in a folder each broken file is one failure"


def test_broken_forms_are_refused_as_the_gateway_does(written):
    good = vectors("twilio.json")[0]
    broken = {**good, "body": good["body"] + "&a=%zz"}
    assert run(written([{**broken, "expect": "reject"}]))[:3] == (0, 1, 0)
    assert run(written([broken]))[:3] == (1, 0, 1)


def test_make_takes_a_file(written):
    """As somebody with vectors of their own types it."""
    if os.path.basename(BUILD) != "release":
        pytest.skip("make vectors without SAN= runs the release build")
    done = subprocess.run(["make", "-s", "vectors", "V=%s" % os.path.join(FOLDER, "telnyx.json")], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600)
    assert done.returncode == 0 and re.search(r"^\d+ passed, 0 failed\Z", done.stdout.strip().splitlines()[-1]), done.stdout
