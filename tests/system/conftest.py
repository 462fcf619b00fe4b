"""Fixtures: houses that are torn down whatever happens, and what they said when a test failed."""
import contextlib
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from house import FAST, House  # noqa: E402


def gone(house):
    said = house.output()
    house.close()
    return said


@pytest.fixture
def new_house():
    """A function that makes houses for one test: new_house(edits=..., env=...)."""
    houses = []

    def make(**options):
        houses.append(House(**options))
        return houses[-1]

    yield make
    with contextlib.ExitStack() as stack:  # all of them, even when closing one finds a fault
        for house in houses:
            stack.callback(lambda house=house: print(gone(house)))  # pytest shows it when the test failed


@pytest.fixture(scope="module")
def fast_house():
    """One running house for the stories of a file, with the demo in seconds."""
    house = House(edits={"programs/demo.yaml": FAST})
    try:
        house.start()
        yield house
    finally:
        print(gone(house))
