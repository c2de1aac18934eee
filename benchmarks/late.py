"""Late interaction by stored codes, beside the same by the vectors themselves, on folders in BEIR's format.

``python -m benchmarks.late --corpus FOLDER [--corpus FOLDER ...] [--questions 60] [--weight 1.0]``: nDCG@10 of the
candidates as they are ranked without, by late interaction alone and by both, bytes a chunk, and milliseconds a
question. "Whole" is every vector of 384 float32 numbers, nothing pooled or left out but the special pieces: what
the codes stand for. Candidates are the same for all, and a question's pieces count alike.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evals.measures.ranking import graded_ndcg
from evals.search.collection import load_collection
from evals.search.collection_index import index_collection, record_id
from indexers.context import embedded_text
from indexers.engines.bert import build_bert
from indexers.engines.folder import read_folder
from indexers.engines.processor import ProcessorEngine
from indexers.late.folder import FOLDER
from indexers.minilm import MiniLM, minilm_folder
from indexers.store import Store
from rag.settings import load_settings
from retrievers.late import LateRanker
from retrievers.search import open_retriever
from retrievers.settings import RankingSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from evals.search.collection import Collection
    from indexers.store import Snapshot
    from retrievers.hit import Hit

CANDIDATES = 100
SEED = 7


def main() -> None:
    """Measure every folder that is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.late", description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder in BEIR's format")
    parser.add_argument("--questions", type=int, default=60, help="at most so many of each, drawn by a fixed seed")
    parser.add_argument("--weight", type=float, default=1.0, help="of a late score beside the candidates' own")
    arguments = parser.parse_args()
    print("corpus | as found | codes alone | whole alone | with codes | with whole | bytes a chunk | whole | ms")
    print("|".join(["---"] * 9))
    for folder in arguments.corpus:
        with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as scratch:
            _measure(load_collection(folder), Path(scratch) / "index", arguments.questions, arguments.weight)


def _measure(collection: Collection, folder: Path, most: int, weight: float) -> None:
    settings = load_settings(overrides={"index": folder})
    index_collection(collection, folder, settings=settings)
    model = MiniLM()
    with Store.open(folder) as store:
        without = RankingSettings(late_interaction=False)
        searched = open_retriever(store, model, settings.retrieval, ranking=without)
        ranker, whole = LateRanker(folder / FOLDER, model, rarity=0.0), Whole(model, searched.snapshot)
        figures: dict[str, list[float]] = {}
        milliseconds = []
        for question_id in _drawn(list(collection.grades), most):
            question = collection.questions[question_id]
            hits = searched.retrieve(question, limit=CANDIDATES)
            began = time.perf_counter()
            codes = ranker.scores(question, [hit.chunk.id for hit in hits], snapshot=searched.snapshot)
            milliseconds.append((time.perf_counter() - began) * 1000)
            exact = whole.scores(question, hits)
            found = np.array([hit.score for hit in hits])
            rankings = {"found": found, "codes": codes, "whole": exact}
            rankings |= {"+codes": found + weight * codes, "+whole": found + weight * exact}
            for name, scores in rankings.items():
                ranking = _documents(hits, scores, searched.snapshot)
                figures.setdefault(name, []).append(graded_ndcg(ranking, collection.grades[question_id], k=10))
        chunks = searched.snapshot.chunk_count
        size = sum(path.stat().st_size for path in (folder / FOLDER).iterdir()) / chunks
    means = [f"{statistics.fmean(figures[name]):.4f}" for name in ("found", "codes", "whole", "+codes", "+whole")]
    sizes = [f"{size:,.0f}", f"{whole.bytes_a_chunk:,.0f}", f"{statistics.median(milliseconds):.1f}"]
    print(f"{collection.name} | " + " | ".join([*means, *sizes]), flush=True)


class Whole:
    """Every piece's own vector, computed when a chunk is first a candidate."""

    def __init__(self, model: MiniLM, snapshot: Snapshot) -> None:
        shape = read_folder(minilm_folder()).shape
        if shape is None:
            raise SystemExit("the bundled model is no BERT")
        weights = read_folder(minilm_folder()).weights()
        graph = build_bert(shape, weights.__getitem__, projection=np.eye(384, dtype=np.float32))
        self._engine = ProcessorEngine(graph)
        self._model = model
        self._snapshot = snapshot
        self._held: dict[str, NDArray[np.float16]] = {}

    @property
    def bytes_a_chunk(self) -> float:
        """Of float32 vectors."""
        return statistics.fmean(4 * vectors.size for vectors in self._held.values())

    def scores(self, question: str, hits: Sequence[Hit]) -> NDArray[np.float64]:
        """As `LateRanker.scores`, the question's pieces counting alike."""
        new = [hit for hit in hits if hit.chunk.id not in self._held]
        vectors = self._vectors([question, *map(self._text, new)])
        self._held.update((hit.chunk.id, held) for hit, held in zip(new, vectors[1:], strict=True))
        query, found = vectors[0].astype(np.float32), []
        for hit in hits:
            best = (query @ self._held[hit.chunk.id].astype(np.float32).T).max(axis=1)
            found.append(float((best * np.abs(best)).mean()))
        return np.array(found)

    def _text(self, hit: Hit) -> str:
        document = self._snapshot.document(hit.chunk.document_id, version=hit.chunk.version)
        return embedded_text(document, hit.chunk, self._model)

    def _vectors(self, texts: Sequence[str]) -> list[NDArray[np.float16]]:
        ids = self._model.piece_ids(texts)
        found = [np.empty((0, 0), dtype=np.float16)] * len(texts)

        def take(places: list[int], tokens: NDArray[np.float32]) -> None:
            for row, place in enumerate(places):
                found[place] = tokens[row, 1 : len(ids[place]) - 1].astype(np.float16)

        self._engine.vectors(ids, take_tokens=take)
        return found


def _drawn(names: Sequence[str], most: int) -> Iterable[str]:
    chosen = np.random.default_rng(SEED).choice(len(names), min(most, len(names)), replace=False)
    return [names[at] for at in sorted(chosen.tolist())]


def _documents(hits: Sequence[Hit], scores: NDArray[np.floating], snapshot: Snapshot) -> list[str]:
    """The records of the hits by their best scores, each once."""
    order = np.argsort(-scores, kind="stable").tolist()
    uris: Mapping[str, str] = {entry.id: entry.uri for entry in snapshot.documents()}
    return list(dict.fromkeys(record_id(uris[hits[at].chunk.document_id]) for at in order))


if __name__ == "__main__":
    main()
