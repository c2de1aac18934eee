"""The pytest plug-in: `assert_grounded` and `assert_abstains` as fixtures, and `rag_index`, an opened index.

pytest loads it in every run of an environment that has Plumbline, so importing it costs nothing: what it needs is
imported when a fixture is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rag import Rag
    from rag.settings import Settings

INDEX_HELP = "the index that the fixture rag_index opens"
DOCUMENTS_HELP = "files and folders that rag_index indexes anew for each run, where no index is named"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rag-index DIR``, and the same in the ini file: ``rag_index``, or ``rag_documents`` to index on the spot."""
    parser.getgroup("plumbline").addoption("--rag-index", metavar="DIR", default=None, help=INDEX_HELP)
    parser.addini("rag_index", INDEX_HELP, type="paths", default=[])
    parser.addini("rag_documents", DOCUMENTS_HELP, type="paths", default=[])


@pytest.fixture(scope="session")
def rag_index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rag]:
    """An open index: ``--rag-index``, else what the ini file names, else the one that `rag ask` would ask."""
    from indexers.errors import RagError
    from rag import Rag

    settings = _settings(request.config)
    named = [Path(path) for path in [request.config.getoption("--rag-index")] if path]
    named += request.config.getini("rag_index")
    documents: list[Path] = [] if named else request.config.getini("rag_documents")
    try:
        folder = tmp_path_factory.mktemp("rag_index") if documents else (named or [settings.index])[0]
        with Rag.open(folder, settings=settings, create=bool(documents)) as rag:
            if documents:
                _index(rag, documents)
            yield rag
    except RagError as error:
        pytest.fail(f"{error}\n{error.hint}", pytrace=False)


@pytest.fixture(scope="session")
def assert_grounded() -> Callable[..., None]:
    """`evals.grounded.assert_grounded`."""
    from evals import grounded

    return grounded.assert_grounded


@pytest.fixture(scope="session")
def assert_abstains() -> Callable[..., None]:
    """`evals.grounded.assert_abstains`."""
    from evals import grounded

    return grounded.assert_abstains


def _settings(config: pytest.Config) -> Settings:
    """Of the ``rag.toml`` beside the tests' ini file, wherever pytest is started."""
    from rag.settings import SETTINGS_FILE, load_settings

    file = config.rootpath / SETTINGS_FILE
    return load_settings(file if file.is_file() else None)


def _index(rag: Rag, documents: list[Path]) -> None:
    report = rag.index(documents)
    if report.failures:
        first = report.failures[0]
        pytest.fail(f"{len(report.failures)} files could not be indexed, the first: {first.uri}", pytrace=False)
