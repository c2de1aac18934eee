"""A question in, a proved answer out: prompt, generate, cite, verify."""
