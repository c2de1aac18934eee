"""A question in, a context window out: dense, lexical, fuse, expand, pack."""
