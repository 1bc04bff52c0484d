"""The short forms of the schemas accept what the long forms accept."""

import json
from typing import Literal

from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from cistron.server.schemas import slim_input, slim_output
from cistron.tools.models.packet import Packet, RefreshPlan, StoreShare


class Part(BaseModel):
    title: str
    size: int | None = None


class Sample(BaseModel):
    """What is sampled."""

    name: str = Field(description="its name")
    colour: Literal["red", "green"] | None = None
    part: Part
    parts: list[Part] = []


def test_a_property_called_title_is_kept_and_pydantics_titles_go() -> None:
    schema = slim_input(Sample.model_json_schema())
    assert '"title": {"type": "string"}' in json.dumps(schema["$defs"])
    assert "title" not in schema


def test_an_argument_that_may_be_left_out_does_not_name_null() -> None:
    schema = slim_input(Sample.model_json_schema())
    assert '"colour": {"enum": ["red", "green"]}' in json.dumps(schema)


def test_an_output_that_may_be_null_says_so() -> None:
    schema = slim_output(Sample.model_json_schema())
    sample = Sample(name="a", part=Part(title="b"), parts=[Part(title="c", size=3)])
    Draft202012Validator(schema).validate(sample.model_dump(mode="json"))


def test_every_answer_fits_its_short_schema() -> None:
    share = StoreShare(indexed=0.5, generation=1)
    packet = Packet(
        query="x", task_type="edit", known="no", confidence=0.0, items=[], refresh_targets=[], contradictions=[],
        notes=["n"], store=share,
    )  # fmt: skip
    plan = RefreshPlan(query="x", task_type="edit", known="no", targets=[], notes=[], store=share)
    for answer in (packet, plan):
        schema = slim_output(type(answer).model_json_schema())
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(answer.model_dump(mode="json"))
