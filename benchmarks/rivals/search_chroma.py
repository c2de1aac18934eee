"""Chroma in this process, with its sentence-transformers function and cosine distance."""

from __future__ import annotations

from asked import LIMIT, answer, chunks, model

BATCH = 5000


def main() -> None:
    """Fill the collection and answer."""
    texts, vectors = chunks()
    import chromadb
    from chromadb.config import Settings
    from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

    client = chromadb.EphemeralClient(settings=Settings(anonymized_telemetry=False))
    embed = SentenceTransformerEmbeddingFunction(model_name=model(), normalize_embeddings=True)
    collection = client.create_collection("chunks", embedding_function=embed, metadata={"hnsw:space": "cosine"})
    for first in range(0, len(texts), BATCH):
        part = slice(first, first + BATCH)
        ids = [str(number) for number in range(first, first + len(texts[part]))]
        collection.add(ids=ids, embeddings=vectors[part], documents=texts[part])
    answer(lambda question: collection.query(query_texts=[question], n_results=LIMIT)["documents"][0])


if __name__ == "__main__":
    main()
