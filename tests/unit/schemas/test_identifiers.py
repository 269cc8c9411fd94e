from hypothesis import given
from hypothesis import strategies as st

from schemas.identifiers import incident_id, record_id


def test_ids_are_the_same_in_every_run_and_release() -> None:
    assert incident_id("c1", "anger_peak", "m1", 0) == "58abab9a-0c6d-5622-a1eb-6e22c5cce757"
    assert record_id("i1", "opened", "m1@0", "anger_peak", "1") == "afa9c35a-2e21-57e6-ada0-d57ef91f0652"


@given(st.lists(st.text(max_size=6), min_size=4, max_size=4), st.lists(st.text(max_size=6), min_size=4, max_size=4))
def test_different_causes_have_different_ids(one: list[str], other: list[str]) -> None:
    clean = [[part.replace("\x1f", " ") for part in parts] for parts in (one, other)]
    if clean[0] != clean[1]:
        assert record_id(*one, "1") != record_id(*other, "1")
