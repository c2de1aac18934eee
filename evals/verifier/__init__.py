"""A verifier held against claims that people labelled."""
