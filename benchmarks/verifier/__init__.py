"""Training and measuring the verifier's scorer on sets of claims that people labelled."""
