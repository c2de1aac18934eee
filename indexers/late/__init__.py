"""Late interaction: a chunk's word pieces as short codes, kept beside the index, and how like a question's they are."""
