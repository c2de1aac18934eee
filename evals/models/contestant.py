"""A model that takes part: opened as the engine opens it, asked and timed, each task becoming a record."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evals.models.picture import drawn
from evals.models.records import Record, Status
from evals.models.scoring import lost_scores, reply_scores
from evals.models.task import MEASURES
from evals.runs.fingerprints import program, verifier_fingerprint
from evals.scores import answer_scores
from rag.answer import Usage
from rag.chat_messages import picture_message
from rag.errors import BudgetExceeded, Cancelled, GenerationError, ModelNotFound
from rag.generation import Deadline
from rag.profiles import EXTRACTIVE, PICTURE_TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evals.case import Case
    from evals.models.task import Task
    from rag import Rag
    from rag.chat_messages import Message
    from rag.openai import OpenAiGenerator
    from rag.profiles import ModelProfile
    from rag.settings import Settings
    from rag.verify.verifier import DescribedVerifier


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model ready to be asked; ``model`` is None where none writes (extractive), ``rag`` where no index is asked."""

    profile: ModelProfile
    model: OpenAiGenerator | None
    rag: Rag | None
    deadline_seconds: float

    @property
    def name(self) -> str:
        """The model's."""
        return self.profile.name

    def can(self, task: Task) -> bool:
        """Whether the task can be given to it: a picture only to a model that sees."""
        if task.kind == "question":
            return self.rag is not None
        return self.model is not None and (task.kind != "picture" or self.profile.picture_tokens is not None)

    def messages(self, task: Task) -> list[Message]:
        """What a task that is no question begins with: the system's message and the first turn."""
        said = task.asked[0]
        first: Message = (
            {"role": "user", "content": said} if task.drawing is None else picture_message(said, drawn(task.drawing))
        )
        return [{"role": "system", "content": task.system}, first]

    def output_tokens(self, task: Task) -> int:
        """The longest reply to a turn, with the room for what the model thinks before it."""
        return min(task.max_tokens + self.profile.reasoning_tokens, self.profile.longest_output)


@dataclass(slots=True)
class _Done:
    """What asking brought so far; it is kept where the next turn fails."""

    replies: list[str]
    seconds: list[float]
    usage: Usage
    status: Status = "answered"
    told: str = ""


@contextlib.contextmanager
def opened(
    profile: ModelProfile, settings: Settings, environment: Mapping[str, str], *, ask_index: bool
) -> Iterator[Contestant]:
    """The model of ``profile``, through the client and the engine that answers use; closed at the end.

    Args:
        profile: Of the model.
        settings: With ``generator.model`` set to it, and room for what it thinks.
        environment: As for `rag.generators.open_generator`.
        ask_index: Also open the index, for questions.

    Raises:
        SettingsError: The endpoint is not one that is called, or needs a key that is not there.
        StoreError: The folder is no index.
    """
    from indexers.http import HttpClient
    from rag import Rag
    from rag.generators import Endpoint, open_model

    group = settings.generator
    with contextlib.ExitStack() as stack:
        rag = stack.enter_context(Rag.open(settings.index, settings=settings)) if ask_index else None
        model = None
        if profile.name != EXTRACTIVE:
            client = HttpClient(allow_private=group.allow_private_base_url)
            stack.callback(client.close)
            endpoint = Endpoint(
                "generator", group.base_url, group.allow_private_base_url, group.max_output_tokens, group.temperature
            )
            model = open_model(endpoint, profile, lambda: client, environment)
        yield Contestant(profile, model, rag, group.deadline_seconds)


def do(contestant: Contestant, task: Task, verifier: DescribedVerifier, *, sample: int) -> Record:
    """Give the model a task once, and measure what comes back.

    Raises:
        Cancelled: As it says.
        BudgetExceeded: The account has no credit left: no further task would fare better.
        ModelNotFound: The endpoint does not know the model.
    """
    blank = Record(
        model=contestant.name,
        kind=task.kind,
        task=task.id,
        digest=task.digest,
        sample=sample,
        status="not measurable",
        verifier=verifier_fingerprint(verifier.identity),
        program=program(),
        at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
    done, model, rag = _Done([], [], Usage()), contestant.model, contestant.rag
    try:
        if task.case is not None and rag is not None:
            scores = _question(rag, task, task.case, verifier, done)
        elif model is not None and contestant.can(task):
            scores = _conversation(contestant, model, task, verifier, done)
        else:
            return blank.model_copy(update={"told": _why_not(task, model)})
    except (Cancelled, BudgetExceeded, ModelNotFound):
        raise
    except GenerationError as error:
        done.status, done.told, scores = "error", f"{type(error).__name__}: {error}", lost_scores(task)
    return blank.model_copy(update=_told(contestant, done) | {"scores": scores})


def _why_not(task: Task, model: OpenAiGenerator | None) -> str:
    if task.kind == "question":
        return "no index is asked"
    return "it writes nothing of its own" if model is None else "it is not known to see pictures"


def _told(contestant: Contestant, done: _Done) -> dict[str, Any]:
    cost = contestant.profile.cost_usd(done.usage)
    return {
        "status": done.status,
        "told": done.told,
        "seconds": round(sum(done.seconds), 4),
        "turn_seconds": tuple(round(one, 4) for one in done.seconds),
        "prompt_tokens": done.usage.prompt_tokens,
        "cached_tokens": done.usage.cached_tokens,
        "completion_tokens": done.usage.completion_tokens,
        "estimated": done.usage.estimated,
        "cost_usd": None if cost is None else round(cost, 9),
        "replies": tuple(done.replies),
    }


def _question(rag: Rag, task: Task, case: Case, verifier: DescribedVerifier, done: _Done) -> dict[str, Any]:
    """Through the whole engine: search, packing, the request, citing and checking."""
    with _timed(done):
        answer = rag.ask(case.question)
    done.replies.append(answer.text)
    done.usage = answer.usage
    if answer.refusal is not None:
        done.status, done.told = "refused", answer.refusal
        return lost_scores(task)  # not the abstention that an unanswerable question may deserve
    if answer.truncated:
        done.status = "truncated"
    elif answer.abstained:
        done.status = "abstained"
    scores = answer_scores(case, answer, (), verifier)
    return {name: scores[name] for name in MEASURES["question"]}


def _conversation(
    contestant: Contestant, model: OpenAiGenerator, task: Task, verifier: DescribedVerifier, done: _Done
) -> dict[str, Any]:
    """Every turn with all before it; a turn that is refused or cut off ends it, and what was not said is not right."""
    messages = contestant.messages(task)
    form = None if task.schema is None else _form(task.schema)
    for turn in range(len(task.asked)):
        if turn:
            messages.append({"role": "user", "content": task.asked[turn]})
        deadline = Deadline(time.monotonic() + contestant.deadline_seconds, threading.Event())
        with _timed(done):
            reply = model.reply(messages, max_tokens=contestant.output_tokens(task), deadline=deadline, form=form)
        done.usage += reply.usage
        done.replies.append(reply.text)
        if reply.refusal is not None or reply.truncated:
            done.status = "truncated" if reply.refusal is None else "refused"
            done.told = reply.refusal or ""
            break
        messages.append({"role": "assistant", "content": reply.text})
    unsaid = [""] * (len(task.asked) - len(done.replies))
    if done.status != "answered" and not unsaid and task.kind != "chat":
        return lost_scores(task)
    return dict(reply_scores(task, [*done.replies, *unsaid], verifier))


def _form(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": schema["title"], "strict": True, "schema": dict(schema)}}


@contextlib.contextmanager
def _timed(done: _Done) -> Iterator[None]:
    """How long a request took is kept also where it failed."""
    started = time.perf_counter()
    try:
        yield
    finally:
        done.seconds.append(time.perf_counter() - started)


def with_flags(
    profile: ModelProfile,
    *,
    price: tuple[float, float] | None,
    reasoning_tokens: int | None,
    sees: bool,
) -> ModelProfile:
    """What the caller knows of the model laid over what the table knows."""
    if price is not None:
        profile = replace(profile, input_usd=price[0], cached_input_usd=None, output_usd=price[1])
    if reasoning_tokens is not None:
        profile = replace(profile, reasoning_tokens=reasoning_tokens)
    if sees and profile.picture_tokens is None:
        profile = replace(profile, picture_tokens=PICTURE_TOKENS)
    return profile
