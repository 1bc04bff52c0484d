"""Where a span stands now: aligned in a file's bytes, whatever was done around it."""

from hypothesis import given
from hypothesis import strategies as st

from cistron.genome.proof.age import freshness, status
from cistron.genome.proof.ladder import align
from cistron.genome.reading.reader import read
from cistron.genome.records import Place, Reading, Span

SOURCE = '''import os


class Box:
    """A box."""

    def __init__(self, side):
        self.side = side

    def area(self):
        """Return the area."""
        return self.side * self.side

    def __repr__(self):
        return f"Box({self.side})"


class Crate(Box):
    def __init__(self, side):
        self.side = side

    def weight(self):
        return 3 * self.area()
'''
HELD = {"Box", "Box.__init__", "Box.area", "Box.__repr__", "Crate", "Crate.__init__", "Crate.weight"}
LINES = st.lists(st.from_regex(r"(x_\d{1,3} = \d{1,3}|# \w{0,20}|)", fullmatch=True), max_size=12)


def reading() -> Reading:
    found = read("box.py", SOURCE.encode())
    assert found is not None
    return found


def place_of(symbol: str) -> tuple[Place, str]:
    spans = [span for span in reading().spans if span.symbol == symbol]
    return as_place(spans[0]), SOURCE.encode()[spans[0].start_byte : spans[0].end_byte].decode()


def as_place(span: Span) -> Place:
    return Place(1, 0, 1, span.form, span.part, 0, span.start_line, span.end_line, span.symbol, span.heading)


@given(LINES)
def test_lines_above_move_a_span_by_their_number(lines: list[str]) -> None:
    place, text = place_of("Box.area")
    above = "".join(f"{line}\n" for line in lines)
    proof = align(place, text, "box.py", (above + SOURCE).encode())
    assert (proof.start_line, proof.end_line) == (place.start_line + len(lines), place.end_line + len(lines))
    assert proof.rung == ("moved" if lines else "span")


def test_equal_bodies_are_told_apart_by_their_names() -> None:
    place, text = place_of("Crate.__init__")
    swapped = SOURCE.replace(
        "class Crate(Box):\n    def __init__(self, side):\n        self.side = side\n", "class Crate(Box):\n    x = 1\n"
    )
    assert align(place, text, "box.py", swapped.encode(), HELD).rung == "gone"


def test_a_body_that_changed_is_found_under_its_name() -> None:
    place, text = place_of("Box.area")
    now = SOURCE.replace("self.side * self.side", "self.side ** 2")
    proof = align(place, text, "box.py", now.encode())
    assert (proof.rung, proof.start_line, proof.end_line) == ("changed", place.start_line, place.end_line)


def test_a_method_whose_class_was_renamed_has_moved() -> None:
    place, text = place_of("Box.area")
    proof = align(
        place, text, "box.py", SOURCE.replace("class Box", "class Cube").replace("(Box)", "(Cube)").encode(), HELD
    )
    assert (proof.rung, proof.start_line) == ("span", place.start_line)


def test_a_file_that_became_binary_holds_nothing() -> None:
    place, text = place_of("Box.area")
    assert align(place, text, "box.py", b"\0" * 100).rung == "gone"


@given(st.binary(max_size=400))
def test_any_bytes_can_be_aligned_with(data: bytes) -> None:
    place, text = place_of("Box.area")
    assert align(place, text, "box.py", data).rung in ("span", "moved", "changed", "gone")


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_what_is_older_is_never_fresher(one: float, other: float) -> None:
    younger, older = sorted((one, other))
    assert freshness(older, "medium") <= freshness(younger, "medium") <= 1


def test_what_was_only_inferred_is_never_verified_for_an_edit() -> None:
    assert status(1.0, "inferred", 0.7, 0.35, strict=True) == "stale_risk"
    assert status(1.0, "inferred", 0.35, 0.12, strict=False) == "verified"
    assert [status(fresh, "primary", 0.7, 0.35, strict=True) for fresh in (0.7, 0.5, 0.1)] == [
        "verified",
        "stale_risk",
        "needs_refresh",
    ]
