"""Systems that know nothing, held beside a run: where one of them does as well, a measure says nothing about the run.

They answer from what the run was shown anyway, so nobody is asked again. Only measures that claim to sum an answer up
are taken of them; single aspects can be had for nothing, and are meant to be read together (what copies everything is
faithful, and what abstains never errs).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.outcome import Gap, Measurement
from evals.scores import COMPOSITES, Outcomes, Said, composite_scores, measure

if TYPE_CHECKING:
    from evals.case import Case
    from retrievers.window import ContextWindow


@dataclass(frozen=True, slots=True)
class TrivialAnswer:
    """What such a system says."""

    text: str
    abstained: bool = False


TrivialSystem = Callable[["Case", "ContextWindow | None"], TrivialAnswer]
"""Of a case and of what the run was shown for it, if anything."""


COPIED_CHARS = 4000
"""Of the window. Copying more looks worse on every measure and takes longer to hold against the reference."""


def _copied(window: ContextWindow | None) -> str:
    return "\n\n".join(source.text for source in window.sources)[:COPIED_CHARS] if window else ""


def _first_sentence(window: ContextWindow | None) -> str:
    sentences = [one.text for source in window.sources[:1] for one in source.sentences] if window else []
    return sentences[0] if sentences else ""


TRIVIAL: Mapping[str, TrivialSystem] = {
    "copy_everything": lambda _, window: TrivialAnswer(_copied(window)),
    "always_abstain": lambda _, __: TrivialAnswer("The documents do not answer this question.", abstained=True),
    "empty": lambda _, __: TrivialAnswer(""),
    "repeat_question": lambda case, _: TrivialAnswer(case.question),
    "first_sentence": lambda _, window: TrivialAnswer(_first_sentence(window)),
}


def trivial_measures(
    cases: Sequence[Case], windows: Sequence[ContextWindow | None]
) -> dict[str, dict[str, Measurement]]:
    """What each trivial system gets on the composite measures.

    Args:
        cases: Those of the run.
        windows: What was shown for each; None where nothing was.
    """
    figures = {}
    for name, system in TRIVIAL.items():
        answers = [system(case, window) for case, window in zip(cases, windows, strict=True)]
        said = [Said(case.answerable, answer.abstained) for case, answer in zip(cases, answers, strict=True)]
        scores: list[Outcomes] = [
            composite_scores(case, answer.text, abstained=answer.abstained)
            for case, answer in zip(cases, answers, strict=True)
        ]
        figures[name] = measure(scores, said, COMPOSITES)
    return figures


def as_good(measures: Mapping[str, Measurement], trivial: Mapping[str, Mapping[str, Measurement]]) -> dict[str, str]:
    """Of each composite on which a trivial system does as well as the run or better: the best such system."""
    found = {}
    for name in COMPOSITES:
        mine = _value(measures[name])
        best = max(trivial, key=lambda system: _value(trivial[system][name]), default=None)
        if best is not None and _value(trivial[best][name]) > 0 and _value(trivial[best][name]) >= mine:
            found[name] = best
    return found


def _value(measurement: Measurement) -> float:
    return 0.0 if isinstance(measurement.value, Gap) else measurement.value
