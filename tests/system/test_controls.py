"""Negative controls: a build that breaks one promise on purpose must fail the test of that promise.

The binaries come from `make CONTROLS=1 controls`; each passes as it is and fails with its control on.
"""
import os
import subprocess

import pytest

BUILD = os.environ.get("WARMLINE_CONTROLS_BUILD", "build/release-controls")
CONTROLS = {
    "answer-before-sync": "tests/platform/test_spool_powercut",
    "no-fence-in-commit": "tests/platform/test_store",
    "no-fence-in-begin": "tests/platform/test_store_outbox",
    "unknown-requeued": "tests/platform/test_store_outbox",
    "stop-at-enqueue-only": "tests/platform/test_store_outbox",
    "dedupe-by-text": "tests/unit/test_twilio",
}


def fails(binary, control):
    env = dict(os.environ, WARMLINE_CONTROL=control)
    done = subprocess.run([os.path.join(BUILD, binary)], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300)
    return done.returncode != 0 and b"[  FAILED  ]" in done.stdout


@pytest.mark.parametrize("control", sorted(CONTROLS))
def test_broken_promise_is_noticed(control):
    assert fails(CONTROLS[control], control)


@pytest.mark.parametrize("binary", sorted(set(CONTROLS.values())))
def test_the_same_build_passes_when_nothing_is_broken(binary):
    assert not fails(binary, "")
