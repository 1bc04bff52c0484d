"""The short forms of the schemas of arguments say what the long forms say."""

import json
from typing import Literal

from pydantic import BaseModel, Field

from cistron.server.schemas import slim_input


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
