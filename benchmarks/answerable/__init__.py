"""Answerable or not: the sets, the training of what ships, and how well it does."""
