"""Haystack's store in memory, with its sentence-transformers embedder in a pipeline."""

from __future__ import annotations

from asked import LIMIT, answer, chunks, model


def main() -> None:
    """Fill the store and answer."""
    texts, vectors = chunks()
    from haystack import Document, Pipeline
    from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder

    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    documents = [
        Document(id=str(number), content=text, embedding=vector.tolist())
        for number, (text, vector) in enumerate(zip(texts, vectors, strict=True))
    ]
    store.write_documents(documents)
    pipeline = Pipeline()
    pipeline.add_component("embedder", SentenceTransformersTextEmbedder(model=model(), progress_bar=False))
    pipeline.add_component("retriever", InMemoryEmbeddingRetriever(store, top_k=LIMIT))
    pipeline.connect("embedder.embedding", "retriever.query_embedding")
    answer(
        lambda question: [
            found.content for found in pipeline.run({"embedder": {"text": question}})["retriever"]["documents"]
        ]
    )


if __name__ == "__main__":
    main()
