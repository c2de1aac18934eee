"""Is a question answered by the evidence in its window? One decision, for every generator."""
