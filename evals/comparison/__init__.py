"""Stored runs held against each other and against what they must not fall behind."""
