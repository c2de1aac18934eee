"""Cases in, measurements out: retrieval, faithfulness, citations, correctness, abstention."""
