"""The benchmark of a model before one switches to it: speed, tokens, cost and quality by kind of task."""
