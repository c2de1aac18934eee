"""The run: every model does every task so many times, in turns, until all is done or the money would not last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.errors import EvalError
from evals.models.contestant import do
from evals.models.estimate import at_most
from evals.models.task import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from evals.models.contestant import Contestant
    from evals.models.records import Record
    from evals.models.task import Task
    from rag.settings import Settings
    from rag.verify.verifier import DescribedVerifier

MOST_FAILURES = 5
"""Failures of one model in a row before the run is ended: they say more of the key or the line than of the model."""


@dataclass(frozen=True, slots=True)
class Step:
    """A model, what it is given, and for which time; sample 0 is a warm-up."""

    contestant: Contestant
    task: Task
    sample: int

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """As of the record it becomes."""
        return (self.contestant.name, self.task.kind, self.task.id, self.task.digest, self.sample)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is still to be done, and what it may cost at most for each model; None where a price is not known."""

    steps: tuple[Step, ...]
    requests: int
    tokens: Mapping[str, tuple[int, int]]
    cost_usd: Mapping[str, float | None]
    spent_usd: float

    @property
    def most_usd(self) -> float | None:
        """Of all models, with what the records say was spent already."""
        costs = list(self.cost_usd.values())
        return None if None in costs else self.spent_usd + sum(cost for cost in costs if cost is not None)


def plan(
    contestants: Sequence[Contestant],
    tasks: Sequence[Task],
    known: Sequence[Record],
    settings: Settings,
    *,
    samples: int,
    warm_up: int,
) -> Plan:
    """What is left to do once the records are there.

    Models take turns at each task, the first one changing, so that a slow quarter of an hour of the line falls on all.
    A warm-up is done by each model for each kind of which something is left; it opens connections and fills caches.
    """
    done = {record.key for record in known}
    steps: list[Step] = []
    for kind in KINDS:
        own = [task for task in tasks if task.kind == kind]
        left = [one for one in _turns(contestants, own, samples) if one.key not in done]
        warm = {step.contestant.name for step in left if step.contestant.can(step.task)}
        steps += [Step(one, own[0], 0) for one in contestants if one.name in warm for _ in range(warm_up)]
        steps += left
    estimates = {
        one.name: [at_most(one, step.task, settings) for step in steps if step.contestant is one] for one in contestants
    }
    spent = sum(record.cost_usd or 0.0 for record in known)
    return Plan(
        steps=tuple(steps),
        requests=sum(one.requests for own in estimates.values() for one in own),
        tokens={
            name: (sum(one.usage.prompt_tokens for one in own), sum(one.usage.completion_tokens for one in own))
            for name, own in estimates.items()
        },
        cost_usd={
            name: None if any(one.cost_usd is None for one in own) else sum(one.cost_usd or 0.0 for one in own)
            for name, own in estimates.items()
        },
        spent_usd=spent,
    )


def check_budget(planned: Plan, most_usd: float) -> None:
    """Refuse a run that may cost more than it may.

    Raises:
        EvalError: It may, or a price is not known.
    """
    unknown = [name for name, cost in planned.cost_usd.items() if cost is None]
    if unknown:
        raise EvalError(
            f"no price is known of {', '.join(unknown)}, so that --max-usd could not hold: give --price "
            f"{unknown[0]}=INPUT,OUTPUT in US dollars per million tokens (0,0 for a model of your own)"
        )
    if planned.most_usd is not None and planned.most_usd > most_usd:
        raise EvalError(
            f"the run may cost up to {planned.most_usd:.4f} US dollars ({planned.spent_usd:.4f} of it spent already), "
            f"more than the {most_usd:g} of --max-usd: raise it, or take fewer --samples or --kind"
        )


def run(
    planned: Plan,
    settings: Settings,
    verifier: DescribedVerifier,
    keep: Callable[[Record], None],
    *,
    most_usd: float,
    progress: Callable[[int, int, str], None] | None = None,
) -> None:
    """Do what is planned; every record is kept as soon as it is there.

    Failures are kept once something succeeded after them, or at the end: those of a wrong key or a broken line, which
    end the run, are asked again when it goes on.

    Raises:
        EvalError: A model failed five times in a row, or the next request might cost more than is left.
        BudgetExceeded: The account has no credit left.
        ModelNotFound: The endpoint does not know a model.
    """
    spent = planned.spent_usd
    failures: dict[str, list[Record]] = {}
    for number, step in enumerate(planned.steps):
        if progress is not None:
            progress(number, len(planned.steps), f"{step.contestant.name} {step.task.kind}")
        next_usd = at_most(step.contestant, step.task, settings).cost_usd or 0.0
        if spent + next_usd > most_usd:
            raise EvalError(f"{spent:.4f} US dollars are spent, and the next request might pass --max-usd {most_usd:g}")
        record = do(step.contestant, step.task, verifier, sample=step.sample)
        spent += record.cost_usd or 0.0
        held = failures.setdefault(record.model, [])
        if record.status == "error":
            held.append(record)
            if len(held) == MOST_FAILURES:
                raise EvalError(f"{record.model} failed {MOST_FAILURES} times in a row; the last time: {record.told}")
            continue
        for kept in (*held, record):
            keep(kept)
        held.clear()
    for held in failures.values():
        for record in held:
            keep(record)


def _turns(contestants: Sequence[Contestant], tasks: Sequence[Task], samples: int) -> Iterator[Step]:
    for sample in range(1, samples + 1):
        for place, task in enumerate(tasks):
            shift = (place + sample - 1) % len(contestants)
            for contestant in (*contestants[shift:], *contestants[:shift]):
                yield Step(contestant, task, sample)
