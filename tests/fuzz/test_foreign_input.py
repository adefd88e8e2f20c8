# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever comes in is read or refused with an error of ours; `make fuzz` looks for counterexamples by coverage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .targets import TARGETS, Target

Edit = tuple[int, int, bytes]


@st.composite
def mutated(draw: st.DrawFn, target: Target) -> bytes:
    """Return a good input with a few places cut out, doubled or replaced; sometimes anything at all."""
    data = bytearray(draw(st.sampled_from(target.seeds)))
    for _edit in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 12))
        kind = draw(st.sampled_from(("cut", "double", "put")))
        if kind == "cut":
            del data[at : at + length]
        elif kind == "double":
            data[at:at] = data[at : at + length]
        else:
            data[at : at + length] = draw(st.binary(max_size=12))
    return bytes(data)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_it_is_read_or_refused(name: str) -> None:
    target = TARGETS[name]

    @settings(max_examples=60)
    @given(st.one_of(mutated(target), st.binary(max_size=200)))
    def try_it(data: bytes) -> None:
        target.try_(data)

    for seed in target.seeds:
        target.try_(seed)
    try_it()
