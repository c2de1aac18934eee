"""Every way in: the `rag` command and the REST service."""
