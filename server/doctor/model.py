"""The second stage's model, where the settings name one: it is read in and tried out."""

from __future__ import annotations

from ...genome.errors import ModelUnusable
from ...genome.reading.encoders import PACKAGED, is_packaged, load
from ..opening import model_of
from .check import Check, Patient


def model(patient: Patient) -> list[Check]:
    """The model that was chosen makes vectors."""
    place = model_of(patient.settings)
    if place is None:
        turned_on = f'embedding_model = "{PACKAGED}" turns the second stage on'
        return [Check("encoder", True, f"none is chosen; {turned_on}")] if is_packaged() else []
    try:
        found = load(place)
    except ModelUnusable as error:
        what, _, advice = str(error).partition("; ")
        return [Check("encoder", False, what, advice or "questions go on without it; see docs/models.md")]
    return [Check("encoder", True, f"{found.kind}, {found.dimensions} dimensions, {found.model}")]
