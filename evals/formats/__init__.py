"""Other tools' data sets and runs as ours, and ours as theirs: one format a module, `table.py` lists them."""
