"""Pages in one file each: nothing is fetched, nothing in a document or an answer can act, light and dark, to print."""
