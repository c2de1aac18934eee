"""bm25s with its own tokenizer, stop words and a Snowball stemmer, on a folder in BEIR format. Prints a JSON object.

Run by `python -m benchmarks.lexical` inside .venv-rivals, which has benchmarks/rivals.txt and nothing of Plumbline.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

LIMIT = 100


def main() -> None:
    """FOLDER LANGUAGE: the ids found for each question, seconds to index, and the milliseconds of each search."""
    folder, language = Path(sys.argv[1]), sys.argv[2]
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer(language)
    stops = language if language in ("english", "german", "spanish", "french") else None
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    texts = [f"{row.get('title', '')}\n\n{row['text']}".strip() for row in rows]
    began = time.perf_counter()
    retriever = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    retriever.index(bm25s.tokenize(texts, stopwords=stops, stemmer=stemmer, show_progress=False), show_progress=False)
    seconds = time.perf_counter() - began
    found, times = {}, []
    for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        began = time.perf_counter()
        tokens = bm25s.tokenize([question["text"]], stopwords=stops, stemmer=stemmer, show_progress=False)
        places, _ = retriever.retrieve(tokens, k=min(LIMIT, len(rows)), show_progress=False)
        times.append(1000 * (time.perf_counter() - began))
        found[question["_id"]] = [rows[place]["_id"] for place in places[0].tolist()]
    json.dump({"found": found, "milliseconds": times, "seconds": seconds}, sys.stdout)


if __name__ == "__main__":
    main()
