"""The models are what their file says, and what they say of hits is a probability in any store."""

import json
import math
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.genome.search import confidence
from cistron.genome.search.commonness import UNSEEN, rarity
from cistron.genome.search.confidence import Judged, Model, judge, of_logits, sigmoid
from cistron.genome.search.features import of_items, of_packet, subject
from cistron.genome.search.lexical import Idf
from cistron.genome.search.query import parse
from cistron.genome.search.rank import Hit, rank
from cistron.tools.services import Services

from .trees import ingest, write

CART = """
TAX_RATE = 0.2


class Cart:
    def grand_total(self, net):
        if net < 0:
            raise ValueError("the sum of a cart cannot be negative")
        return net * (1 + TAX_RATE)
"""
QUERIES = (
    "Cart.grand_total",
    "the sum of a cart cannot be negative",
    "where is TAX_RATE set",
    "how is tax added to the price",
    "kubernetes ingress controller",
    "src/cart.py",
)


@pytest.fixture
def services(tmp_path: Path) -> Generator[Services]:
    write(tmp_path / "repo/src/cart.py", CART)
    write(tmp_path / "repo/src/mail.py", "def send_mail(to, text):\n    return to, text\n")
    services = Services(tmp_path / "store" / "genome.db", [tmp_path / "repo"])
    ingest(services)
    yield services
    services.close()


def ranked(services: Services, text: str) -> tuple[Idf, list[Hit]]:
    query = parse(text)
    with services.engine().database.snapshot() as reading:
        idf = Idf(reading, query.terms)
        return idf, rank(reading, query, services.roots(), 32, idf)


def judged(services: Services, text: str) -> Judged:
    idf, hits = ranked(services, text)
    return judge(subject(parse(text)), idf, hits, hits)


def test_a_word_of_every_program_is_less_rare_than_one_of_few_and_an_unseen_one_is_rarest() -> None:
    assert rarity("return") < rarity("cooki") < rarity("bipartitenessless")
    assert rarity("bipartitenessless") == -math.log(UNSEEN)


def test_the_file_has_a_coefficient_for_every_feature_and_says_where_it_comes_from(services: Services) -> None:
    idf, hits = ranked(services, QUERIES[0])
    held = json.loads(confidence.WEIGHTS.read_text("utf-8"))
    items = of_items(subject(parse(QUERIES[0])), idf, hits)
    packet = of_packet(subject(parse(QUERIES[0])), idf, hits, hits, items) | of_logits([0.0])
    assert set(held["packet"]["features"]) == set(packet)
    assert set(held["item"]["features"]) == set(confidence.with_context(items[0], packet))
    for model in (held["item"], held["packet"]):
        assert {len(values) for values in model["coefficients"].values()} == {len(model["features"]) + 1}
    assert {"packages", "date", "answerable", "unanswerable", "base_rate"} <= held["report"].keys()


@pytest.mark.parametrize("query", QUERIES)
def test_features_lie_where_the_models_expect_them(services: Services, query: str) -> None:
    idf, hits = ranked(services, query)
    asked = subject(parse(query))
    items = of_items(asked, idf, hits)
    for features in [*items, of_packet(asked, idf, hits, hits, items)]:
        assert all(-1 <= value <= 1.5 for value in features.values()), features


@settings(max_examples=40, deadline=None)
@given(text=st.text(min_size=1, max_size=300))
def test_a_subject_is_found_in_any_text(text: str) -> None:
    asked = subject(parse(text))
    assert asked.mass > 0
    assert set(asked.rarest) <= asked.weight.keys()
    assert all(weight >= 0 for weight in asked.weight.values())


def test_a_named_definition_is_more_likely_than_a_name_that_is_not_there(services: Services) -> None:
    there = judged(services, "where is grand_total defined")
    away = judged(services, "where is grand_discount defined")
    assert there.packet > 0.5 > away.packet
    assert max(there.items) > 0.5 > max(away.items, default=0.0)


def test_an_error_that_the_code_raises_is_more_likely_than_one_it_does_not(services: Services) -> None:
    there = judged(services, 'why do I get "the sum of a cart cannot be negative"')
    away = judged(services, 'why do I get "no route to the host after three retries"')
    assert there.packet > 0.5 > away.packet


def test_nothing_found_is_no_chance_at_all(services: Services) -> None:
    idf, _ = ranked(services, "grand_total")
    assert judge(subject(parse("grand_total")), idf, [], []) == Judged((), 0.0)


def test_the_same_question_is_judged_the_same(services: Services) -> None:
    assert judged(services, "tax of a cart") == judged(services, "tax of a cart")


def test_more_hits_than_the_model_looks_at_do_not_change_its_confidence(services: Services) -> None:
    idf, hits = ranked(services, "cart net text")
    asked = subject(parse("cart net text"))
    many = hits * 5
    first = judge(asked, idf, many, many[: confidence.ITEMS])
    assert len(many) > confidence.ITEMS
    assert judge(asked, idf, many, many[: confidence.ITEMS]).packet == pytest.approx(first.packet)


@given(x=st.floats(allow_nan=False))
def test_log_odds_of_any_size_become_a_probability(x: float) -> None:
    assert 0 <= sigmoid(x) <= 1


def test_a_model_uses_the_coefficients_of_the_sort_of_question() -> None:
    model = Model(("a", "b"), {"plain": (1.0, 2.0, 0.5), "named": (0.0, 0.0, -1.0)})
    assert model.logit({"a": 1.0, "b": 0.5, "other": 9.0}, "plain") == pytest.approx(2.5)
    assert model.logit({"a": 1.0, "b": 0.5, "other": 9.0}, "named") == pytest.approx(-1.0)
