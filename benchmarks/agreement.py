"""How far the measures agree with people: which answer is better, what declines, which number is right.

``python -m benchmarks.agreement --corpus FOLDER``: FOLDER holds ``ragchecker_prefs.jsonl`` (pairs of answers with
``overall_label`` from -2 to 2 of each of two raters, above 0 where model2's is better), ``financebench_graded.jsonl``
(answers with a person's grade), or both. Nothing is trained or fitted here; a measure reads the question, the reference
and the answer alone. The measures of refusals and numbers were written on answers to half of the graded questions
(``seen``); the other half (``unseen``) is what to look at. The sha256 of its id says in which half a question is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.graded import load_graded, print_graded
from benchmarks.preferences import load_pairs, print_preferences

PREFERENCES, GRADED = "ragchecker_prefs.jsonl", "financebench_graded.jsonl"


def main() -> None:
    """Measure what the folder holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    folder = parser.parse_args().corpus
    if not any((folder / name).is_file() for name in (PREFERENCES, GRADED)):
        parser.error(f"{folder} holds neither {PREFERENCES} nor {GRADED}")
    if (folder / PREFERENCES).is_file():
        print_preferences(load_pairs(folder / PREFERENCES))
    if (folder / GRADED).is_file():
        print_graded(load_graded(folder / GRADED))


if __name__ == "__main__":
    main()
