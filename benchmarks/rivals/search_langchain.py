"""LangChain's FAISS store with MiniLM."""

from __future__ import annotations

from asked import LIMIT, answer, chunks, model


def main() -> None:
    """Fill the store and answer."""
    texts, vectors = chunks()
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    embeddings = HuggingFaceEmbeddings(model_name=model(), encode_kwargs={"normalize_embeddings": True})
    store = FAISS.from_embeddings(list(zip(texts, vectors.tolist(), strict=True)), embeddings)
    answer(lambda question: [found.page_content for found in store.similarity_search(question, k=LIMIT)])


if __name__ == "__main__":
    main()
