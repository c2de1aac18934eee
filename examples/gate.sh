#!/usr/bin/env bash
# Ask the sample cases of the sample handbook, and fail where the answers are worse than they were: under a threshold of
# baseline.json, or significantly worse than its figures. After a change that is meant, write it anew:
#   rag eval gate RUN --fail-under ... --write-baseline examples/baseline.json
# Extractive answers are faithful by construction, so faithfulness gates little here: tests/evals shows it failing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

rag index handbook --index "$work/index" >/dev/null
# The three questions of the demo, one of them an abstention, all have to come out right.
rag eval run demo.jsonl --index "$work/index" --fail-under accuracy=1 --fail-under abstention_f1=1
rag eval run cases.jsonl --index "$work/index" --out "$work/run" >/dev/null
rag eval gate "$work/run" --baseline baseline.json
