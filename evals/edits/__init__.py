"""Claims made false, or said otherwise and still true, by rule: what a verifier is tried and trained on."""

from evals.edits.clean import CleanText, clean_texts
from evals.edits.edit import Edit, Rule, Templates, half
from evals.edits.make import KINDS, edits_of, make_edits

__all__ = ["KINDS", "CleanText", "Edit", "Rule", "Templates", "clean_texts", "edits_of", "half", "make_edits"]
