"""The doctor reads in the model that the settings name, and says what is wrong with it."""

import time
from pathlib import Path

import pytest

from cistron.genome.reading.encoders import is_packaged
from cistron.genome.store.examine import examine
from cistron.server.doctor.check import Check, Patient
from cistron.server.doctor.model import model
from cistron.server.settings import Settings
from tests.tiny_models import onnx_folder


def looked_at(tmp_path: Path, chosen: Path | None) -> list[Check]:
    genome = tmp_path / "genome.db"
    return model(Patient(genome, examine(genome), Settings(embedding_model=chosen), time.time()))


def test_a_model_that_works_is_told_by_its_kind(tmp_path: Path) -> None:
    (found,) = looked_at(tmp_path, onnx_folder(tmp_path / "tiny"))
    assert found.ok
    assert found.detail.startswith("onnx, 16 dimensions")


def test_a_model_that_does_not_work_is_told_with_what_to_do(tmp_path: Path) -> None:
    folder = onnx_folder(tmp_path / "tiny")
    (folder / "vocab.txt").unlink()
    (found,) = looked_at(tmp_path, folder)
    assert not found.ok
    assert found.detail == "'tiny' has neither tokenizer.json nor vocab.txt"
    assert found.advice == "they come with the model"


@pytest.mark.skipif(not is_packaged(), reason="needs the extra minilm")
def test_the_packaged_model_is_offered_where_it_is_installed(tmp_path: Path) -> None:
    (found,) = looked_at(tmp_path, None)
    assert (found.ok, "turns the second stage on" in found.detail) == (True, True)
