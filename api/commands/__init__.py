"""One module a command; each imports what is heavy only when it runs, so that `rag --help` is instant."""
