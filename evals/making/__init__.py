"""Cases made from one's own documents: from headings, definitions, figures and tables by rule, or by a model."""
