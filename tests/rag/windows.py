"""Windows for tests, made without an index: each source is a list of sentences of one document."""

from __future__ import annotations

from indexers.document import Document
from rag.cite import ReadDocument
from retrievers.render import render_window
from retrievers.window import ContextWindow, Sentence, Source


def documents_of(*sources: list[str]) -> list[Document]:
    return [
        Document(
            id=f"doc{number}",
            uri=f"folder/file{number}.md",
            title=f"Title {number}",
            media_type="text/markdown",
            version=f"v{number}",
            text="Before.\n\n" + " ".join(sentences) + "\n",
            blocks=(),
        )
        for number, sentences in enumerate(sources, start=1)
    ]


def window_of(*sources: list[str], headings: tuple[str, ...] = (), question: str = "q") -> ContextWindow:
    made = []
    for number, (document, texts) in enumerate(zip(documents_of(*sources), sources, strict=True), start=1):
        sentences = []
        position = 0
        for place, text in enumerate(texts, start=1):
            start = document.text.index(text, position)
            position = start + len(text)
            sentences.append(Sentence(label=f"{number}.{place}", start=start, end=position, page=None, text=text))
        start, end = sentences[0].start, sentences[-1].end
        made.append(
            Source(
                number=number,
                document_id=document.id,
                version=document.version,
                uri=document.uri,
                title=document.title,
                start=start,
                end=end,
                page=None,
                text=document.text[start:end],
                sentences=tuple(sentences),
                headings=headings,
                score=1.0 / number,
            )
        )
    text = render_window(made, index_id="00", question=question)
    return ContextWindow(sources=tuple(made), text=text, tokens_used=len(text) // 4, token_budget=8000)


def reader_of(*sources: list[str]) -> ReadDocument:
    documents = {(document.id, document.version): document for document in documents_of(*sources)}
    return lambda document_id, version: documents[document_id, version]
