"""What a benchmark may cost at most, before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answer import Usage
from retrievers.settings import evidence_budget

if TYPE_CHECKING:
    from evals.models.contestant import Contestant
    from evals.models.task import Task
    from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Estimate:
    """Tokens of requests and replies at most, and their cost; None where no price is known."""

    requests: int
    usage: Usage
    cost_usd: float | None


def at_most(contestant: Contestant, task: Task, settings: Settings) -> Estimate:
    """Of a task done once, if every reply is as long as it may be. Repetitions after a failure are not in it."""
    if not contestant.can(task) or contestant.model is None:
        return Estimate(0, Usage(), 0.0)
    output = contestant.output_tokens(task)
    if task.case is not None:
        overhead = contestant.model.overhead_tokens(task.case.question)
        window = contestant.profile.window
        evidence = evidence_budget(
            settings.window, window_tokens=window, overhead_tokens=overhead, answer_tokens=output
        )
        usage = Usage(overhead + max(evidence, 0), output, estimated=True)
    else:
        usage = _conversation(contestant, task, output)
    return Estimate(len(task.asked), usage, contestant.profile.cost_usd(usage))


def _conversation(contestant: Contestant, task: Task, output: int) -> Usage:
    """Of a chat each turn is sent with all turns and replies before it; what a model thought is not sent again."""
    profile = contestant.profile
    sent = profile.tokens_of(contestant.messages(task))
    usage = Usage(sent, output, estimated=True)
    for said in task.asked[1:]:
        sent += task.max_tokens + profile.count(said) + 2 * profile.message_overhead_tokens
        usage += Usage(sent, output)
    return usage
