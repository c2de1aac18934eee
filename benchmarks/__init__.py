"""Figures for ARCHITECTURE.md, each by a command, on a named corpus, beside what it is compared with."""
