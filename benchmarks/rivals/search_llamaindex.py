"""LlamaIndex' default vector store, in memory, with MiniLM."""

from __future__ import annotations

from asked import LIMIT, answer, chunks, model


def main() -> None:
    """Fill the index and answer."""
    texts, vectors = chunks()
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    nodes = [TextNode(text=text, embedding=vector.tolist()) for text, vector in zip(texts, vectors, strict=True)]
    index = VectorStoreIndex(nodes, embed_model=HuggingFaceEmbedding(model_name=model()))
    retriever = index.as_retriever(similarity_top_k=LIMIT)
    answer(lambda question: [found.text for found in retriever.retrieve(question)])


if __name__ == "__main__":
    main()
