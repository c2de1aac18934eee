"""txtai with content stored, its Faiss index and MiniLM by its own vectors class."""

from __future__ import annotations

from asked import LIMIT, answer, chunks, model


def main() -> None:
    """Fill the index and answer."""
    texts, vectors = chunks()
    import numpy as np
    from txtai import Embeddings
    from txtai.vectors import HFVectors

    embeddings = Embeddings(path=model(), content=True)
    given, encode = iter(vectors), HFVectors.encode
    HFVectors.encode = lambda _, data, category=None: np.stack([next(given) for _ in data])  # noqa: ARG005
    embeddings.index(texts)
    HFVectors.encode = encode
    answer(lambda question: [row["text"] for row in embeddings.search(question, LIMIT)])


if __name__ == "__main__":
    main()
