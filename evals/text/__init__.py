"""An answer's text as measures read it: claims, words, numbers and dates."""
