"""How well documents, pages and passages are found, without asking for answers."""
