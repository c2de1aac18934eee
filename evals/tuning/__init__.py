"""Settings and a query adapter chosen on judged questions, cross-validated."""
