"""Documents in, searchable chunks out: load, split, embed, store."""
