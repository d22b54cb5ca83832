"""Checksums do not depend on the order of keys, and only plain data has one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyunroll.errors import InvalidInput
from polyunroll.output.checksums import canonical_json, sha256_of_data, sha256_of_text

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_the_checksum_of_a_text_is_the_published_one():
    # FIPS 180-2, appendix B.1
    assert sha256_of_text("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(plain)
def test_canonical_text_reads_back(data):
    text = canonical_json(data)
    assert json.loads(text) == data
    assert text.isascii()
    assert canonical_json(json.loads(text)) == text


def test_keys_are_sorted_and_nothing_is_padded():
    assert canonical_json({"b": [1, 0.1], "a": "λ"}) == '{"a":"\\u03bb","b":[1,0.1]}'
    assert sha256_of_data({"b": 1, "a": 2}) == sha256_of_data({"a": 2, "b": 1})
    assert sha256_of_data({"a": 1, "b": 2}) != sha256_of_data({"a": 2, "b": 1})


@pytest.mark.parametrize("data", [float("nan"), [float("inf")], {1, 2}, object()])
def test_what_is_not_plain_data_is_refused(data):
    with pytest.raises(InvalidInput, match="JSON"):
        sha256_of_data(data)
