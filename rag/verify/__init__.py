"""Is a claim borne out by the texts shown with it? One piece of code for answers, evals, commands and REST."""
