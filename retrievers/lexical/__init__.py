"""Search by words: BM25 over postings derived from the catalogue, which catch up by generation. Alone knows tantivy.

One commit holds the postings and a stamp: which index they were made from, by which schema, and the generation they
have caught up to. A commit that did not happen is therefore a generation not yet reached, and is done again.
"""

from retrievers.lexical.catching_up import catch_up, open_lexical
from retrievers.lexical.files import FOLDER
from retrievers.lexical.following import FollowingIndex
from retrievers.lexical.index import LexicalIndex
from retrievers.lexical.retriever import LexicalRetriever

__all__ = ["FOLDER", "FollowingIndex", "LexicalIndex", "LexicalRetriever", "catch_up", "open_lexical"]
