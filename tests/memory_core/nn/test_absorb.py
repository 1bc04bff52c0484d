"""One state for texts, images and sounds: exact at every step, recalled by likeness, saved, and sealed."""

from pathlib import Path

import numpy as np
import pytest

from cistron.memory_core.nn.absorb import DIMENSIONS, SPREAD, UNIT, AbsorbedMemory, load_absorbed
from cistron.memory_core.sealed import LEAST_COST, seal, unseal

DRAW = np.random.default_rng(0)
VECTORS = {name: DRAW.normal(size=(20, size)) for name, size in DIMENSIONS.items()}


def filled() -> AbsorbedMemory:
    memory = AbsorbedMemory()
    for place in range(20):
        for name in DIMENSIONS:
            memory.absorb(**{name: VECTORS[name][place]}, label=f"{name} {place}", valence=-0.5, arousal=0.25)
    return memory


def test_a_noisy_query_recalls_the_item_of_its_own_modality() -> None:
    memory = filled()
    for name, vectors in VECTORS.items():
        found = memory.recall(**{name: vectors[7] + 0.3 * DRAW.normal(size=DIMENSIONS[name])}, top=3)
        assert found[0][0].label == f"{name} 7"
        assert found[0][1] > 0.9 > found[1][1]
    assert memory.recall(text=VECTORS["text"][7], window=6)[0][0].label != "text 7"


def test_every_past_state_is_exact_and_a_difference_names_its_items() -> None:
    memory, again = filled(), AbsorbedMemory()
    for item in memory.items[:31]:
        (name,) = item.modalities
        again.absorb(**{name: VECTORS[name][int(item.label.split()[1])]}, label=item.label)
    assert np.array_equal(memory.at(31), again.at())
    change = memory.diff(31, 34)
    assert [item.label for item in change.items] == ["image 10", "audio 10", "text 11"]
    assert np.array_equal(memory.at(31) + change.phases, memory.at(34))
    one = memory.diff(31, 32)
    assert one.velocity == pytest.approx(SPREAD * np.sqrt(2 / np.pi), rel=0.2)
    assert np.abs(one.phases).max() < 2 * UNIT


def test_near_steps_are_alike_and_far_ones_less_so() -> None:
    memory = filled()
    assert [step for step, _ in memory.timeline(30, top=2)] in ([29, 31], [31, 29])
    scores = dict(memory.timeline(30, top=60))
    assert scores[29] > scores[20] > scores[0]


def test_order_is_not_in_the_state_but_in_the_log() -> None:
    one, other = AbsorbedMemory(), AbsorbedMemory()
    for memory, places in ((one, (0, 1)), (other, (1, 0))):
        for place in places:
            memory.absorb(text=VECTORS["text"][place], label=str(place))
    assert np.array_equal(one.at(), other.at())
    assert [item.label for item in one.items] != [item.label for item in other.items]


def test_the_mood_keeps_its_sign() -> None:
    valence, arousal = filled().mood()
    assert valence == pytest.approx(-0.5, abs=0.01)
    assert arousal == pytest.approx(0.25, abs=0.01)


def test_saved_sealed_and_opened_it_goes_on_as_before(tmp_path: Path) -> None:
    memory = filled()
    memory.save(tmp_path / "memory.hx")
    sealed = seal((tmp_path / "memory.hx").read_bytes(), "agent", 1, "passphrase", LEAST_COST)
    (tmp_path / "again.hx").write_bytes(unseal(sealed, "passphrase")[1])
    again = load_absorbed(tmp_path / "again.hx")
    assert again.items == memory.items
    assert np.array_equal(again.at(17), memory.at(17))
    assert again.recall(audio=VECTORS["audio"][3]) == memory.recall(audio=VECTORS["audio"][3])
    for one in (memory, again):
        one.absorb(image=VECTORS["image"][0], text=VECTORS["text"][1], label="again")
    assert np.array_equal(again.at(), memory.at())


def test_wrong_embeddings_are_refused_and_leave_no_trace() -> None:
    memory = AbsorbedMemory()
    with pytest.raises(ValueError, match=r"text embeddings are 768 finite numbers.*got shape \(5,\)"):
        memory.absorb(text=np.ones(5), label="short")
    with pytest.raises(ValueError, match="image embeddings are 512 finite numbers"):
        memory.absorb(text=np.ones(768), image=np.full(512, np.nan), label="no numbers")
    with pytest.raises(ValueError, match="give text=, image= or audio="):
        memory.absorb(label="nothing")
    with pytest.raises(ValueError, match="valence must lie"):
        memory.absorb(text=np.ones(768), label="loud", valence=2.0)
    with pytest.raises(ValueError, match="no step 1"):
        memory.at(1)
    assert not memory.items
    assert memory.phase_velocity() == 0.0
    assert not memory.at().any()


def test_what_is_absorbed_at_once_is_one_item_that_each_of_its_modalities_recalls() -> None:
    memory, apart = filled(), AbsorbedMemory()
    memory.absorb(
        text=VECTORS["text"][0] + 1, image=VECTORS["image"][0] + 1, audio=VECTORS["audio"][0] + 1, label="all"
    )
    for name in DIMENSIONS:
        assert memory.recall(**{name: VECTORS[name][0] + 1}, top=1)[0][0].label == "all"
        apart.absorb(**{name: VECTORS[name][0] + 1})
    assert np.array_equal(memory.at(61) - memory.at(60), apart.at())
    both = memory.recall(text=VECTORS["text"][0] + 1, image=VECTORS["image"][0] + 1)
    assert [(item.label, round(score, 5)) for item, score in both] == [("all", 1.0)]
    assert memory.phase_velocity() > memory.phase_velocity(60) > 0
