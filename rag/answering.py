"""Answering one question: find, pack, generate, cite and verify, whole or as it is written."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.answer import Answer, Usage
from rag.answerable.decision import Answerability
from rag.asking import Asked, Clock, checked_question
from rag.assembly import Assembly, assemble, redraw
from rag.errors import ContextTooLong
from rag.events import AnswerComplete, AnswerEvent, SentenceVerified, SourcesFound
from rag.expansion import Expanded, Turn, Writer, expand
from rag.generation import Deadline, Draft, DraftSentence, Generator
from rag.profiles import EXTRACTIVE, ModelProfile
from rag.searching import Searching, settled
from rag.settings import Settings
from rag.verify.verifier import DescribedVerifier
from retrievers.diversity import for_packing
from retrievers.pack import hits_wanted, pack
from retrievers.queries import fuse_queries
from retrievers.scope import Within
from retrievers.settings import evidence_budget
from retrievers.window import ContextWindow

SHRINK = 0.85
"""When the endpoint says that the request is too long, the evidence is packed again to this share, once."""

UNLIKELY = "the sources may not answer this question: the chance that they do is {chance:.2f}"


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers the questions of one index; ``verifier`` and ``opened`` open what is configured when it is first used."""

    searching: Searching
    settings: Settings
    verifier: Callable[[], DescribedVerifier]
    answerability: Answerability
    opened: Callable[[], tuple[Generator, ModelProfile]]

    def begin(
        self,
        question: str,
        limit: int | None,
        held: Within,
        deadline_seconds: float | None,
        cancel: threading.Event | None,
        history: Sequence[Turn] = (),
    ) -> Asked:
        """The question with its evidence, packed; errors as for `Rag.ask`."""
        question = checked_question(question)
        generator, profile = self.opened()
        seconds = deadline_seconds if deadline_seconds is not None else self.settings.generator.deadline_seconds
        deadline = Deadline(at_seconds=time.monotonic() + seconds, cancelled=cancel or threading.Event())
        expanded = self._expanded(question, history, generator, deadline)
        run = settled(lambda: self._found(expanded, limit, held, generator, profile, deadline))
        run.clock.lap("pack")
        return run

    def answer(self, run: Asked) -> Answer:
        """The whole answer; the evidence is packed smaller, once, where the endpoint says that it is too long."""
        draft = self._withheld(run)
        try:
            draft = draft or run.generator.generate(run.question, run.window, deadline=run.deadline)
        except ContextTooLong:
            self._pack(run, int(SHRINK * run.window.tokens_used))
            draft = run.generator.generate(run.question, run.window, deadline=run.deadline)
        run.clock.lap("generate")
        return self._finish(run, draft, self._assembly(run))

    def events(self, run: Asked) -> Iterator[AnswerEvent]:
        """The answer as it is written: the sources, each sentence once it is checked, and last the whole answer."""
        yield SourcesFound(sources=run.window.sources)
        assembly = self._assembly(run)
        for item in self._streamed(run):
            if isinstance(item, Draft):
                run.clock.lap("generate")
                yield AnswerComplete(answer=self._finish(run, item, assembly))
                return
            sentence, citations = assembly.add(item)
            yield SentenceVerified(sentence=sentence, citations=citations)

    def _found(
        self,
        expanded: Expanded,
        limit: int | None,
        held: Within,
        generator: Generator,
        profile: ModelProfile,
        deadline: Deadline,
    ) -> Asked:
        retriever = self.searching.retriever(None, as_of=held.as_of)
        question = expanded.question
        budget = self._budget(question, generator, profile)  # the token counter loads beside the embedder
        clock = Clock()
        snapshot = retriever.snapshot
        scope = self.searching.scope(snapshot, held)
        wanted = hits_wanted(budget) if limit is None else limit
        queries, searched = (question, *expanded.queries), for_packing(retriever)
        hits = fuse_queries([searched.retrieve(query, limit=wanted, scope=scope) for query in queries])[:wanted]
        clock.lap("retrieve")
        texts = {(hit.chunk.document_id, hit.chunk.version) for hit in hits}
        documents = {key: snapshot.document(key[0], version=key[1]) for key in sorted(texts)}
        empty = ContextWindow((), "", 0, 0)
        run = Asked(question, held, generator, profile, deadline, clock, snapshot, hits, expanded, documents, empty)
        self._pack(run, budget)
        return run

    def _expanded(self, question: str, history: Sequence[Turn], generator: Generator, deadline: Deadline) -> Expanded:
        """Other queries by the configured model; the question alone where none writes, or nothing is wanted."""
        if not isinstance(generator, Writer):
            return Expanded(question)
        return expand(question, history, writer=generator, settings=self.settings.expansion, deadline=deadline)

    def _budget(self, question: str, generator: Generator, profile: ModelProfile) -> int:
        answer_tokens = min(self.settings.generator.max_output_tokens, profile.longest_output)
        return evidence_budget(
            self.settings.window,
            window_tokens=profile.window,
            overhead_tokens=generator.overhead_tokens(question),
            answer_tokens=0 if profile.name == EXTRACTIVE else answer_tokens,
        )

    def _pack(self, run: Asked, token_budget: int) -> None:
        visible = self.searching.visible(run.within.groups)
        window = pack(
            [hit for hit in run.hits if visible is None or hit.chunk.document_id in visible],
            run.snapshot,
            question=run.question,
            token_budget=token_budget,
            settings=self.settings.window,
            count=run.profile.count,
        )
        run.window = replace(window, estimated=run.profile.estimated)

    def _withheld(self, run: Asked) -> Draft | None:
        """An abstention, where the evidence is too unlikely to answer for the generator to be asked."""
        offline, generator = run.profile.name == EXTRACTIVE, self.settings.generator
        if self._chance(run) >= (generator.abstain_below if offline else generator.withhold_below):
            return None
        return Draft(sentences=(), abstained=True, model=run.generator.model, usage=Usage())

    def _chance(self, run: Asked) -> float:
        if run.chance_answerable is None:
            run.chance_answerable = self.answerability.chance(run.question, run.window)
            run.clock.lap("decide")
        return run.chance_answerable

    def _streamed(self, run: Asked) -> Iterator[DraftSentence | Draft]:
        withheld = self._withheld(run)
        if withheld is not None:
            yield withheld
            return
        begun = False
        try:
            for item in run.generator.stream(run.question, run.window, deadline=run.deadline):
                begun = True
                yield item
        except ContextTooLong:
            if begun:
                raise
            self._pack(run, int(SHRINK * run.window.tokens_used))
            yield from run.generator.stream(run.question, run.window, deadline=run.deadline)

    def _finish(self, run: Asked, draft: Draft, assembly: Assembly) -> Answer:
        assembly = redraw(draft, assembly, self._assembly(run))
        assembled = assemble(run.question, draft, assembly, run.window, run.read)
        run.clock.lap("verify")
        warnings = list(run.profile.warnings(dt.datetime.now(dt.UTC).date()))
        note = self.searching.note(run.within)
        warnings += [note] if note else []
        warnings.extend([run.expanded.note] if run.expanded.note else [])
        usage = draft.usage + run.expanded.usage
        unlikely = self._chance(run) < self.settings.generator.abstain_below
        if unlikely and not assembled.abstained and run.profile.name != EXTRACTIVE:
            warnings.append(UNLIKELY.format(chance=self._chance(run)))
        if draft.truncated:
            warnings.append("the answer was cut off at generator.max_output_tokens")
        return Answer(
            question=run.question,
            text=assembled.text,
            abstained=assembled.abstained,
            sentences=assembled.sentences,
            citations=assembled.citations,
            window=run.window,
            model=draft.model,
            usage=usage,
            cost_usd=run.profile.cost_usd(usage),
            timings_ms=run.clock.timings_ms(),
            warnings=tuple(warnings),
            refusal=draft.refusal,
            truncated=draft.truncated,
            chance_answerable=self._chance(run),
        )

    def _assembly(self, run: Asked) -> Assembly:
        return Assembly(run.window, run.read, self.verifier())
