"""One formula a module, with its source; each gives a value, "abstained" or "not measurable"."""
