"""The chapters of a report, one a file: each makes its figures of the runs, or says why it cannot."""
