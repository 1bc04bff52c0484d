"""A question that names a symbol in words is linked to it. Needs the extra `nlp`, which is large."""

from collections.abc import Generator
from pathlib import Path

import pytest

from cistron.genome.search.entities import Linker
from cistron.tools.ingest import IngestTools
from cistron.tools.services import Services

CODE = "class RequestContext:\n    pass\n\n\ndef open_db():\n    return 1\n\n\ndef go():\n    return 2\n"


@pytest.fixture
def services(tmp_path: Path) -> Generator[Services]:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "a.py").write_text(CODE)
    services = Services(tmp_path / "g.db", [tmp_path / "repo"], vectors=False)
    IngestTools(services).ingest(path=str(tmp_path / "repo"))
    yield services
    services.close()


def test_without_the_extra_nothing_is_linked(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Linker, "is_installed", staticmethod(lambda: False))
    assert Linker().linked_in(services.engine().database.reading(), "the request context") == frozenset()


def test_symbols_of_several_words_are_found_as_they_are_said(services: Services) -> None:
    pytest.importorskip("spacy", reason="the extra nlp takes 190 MB, too much for every developer")
    linker = Linker({"db": ["database"]})
    linker.prepare(services.engine().database.reading())
    linker.wait()
    assert linker.linked("how is the Request context pushed, and where do we open database") == {
        "requestcontext",
        "open_db",
    }
    assert linker.linked("where does it go") == frozenset()
