#!/usr/bin/env bash
# Ask the sample cases of the sample handbook, and fail where the answers are worse than they were when this was set.
# Extractive answers are faithful by construction, so faithfulness gates nothing here: tests/evals shows it failing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

index="$(mktemp -d)"
trap 'rm -rf "$index"' EXIT

rag index handbook --index "$index" >/dev/null
# The three questions of the demo, one of them an abstention, all have to come out right.
rag eval run demo.jsonl --index "$index" --fail-under accuracy=1 --fail-under abstention_f1=1
rag eval run cases.jsonl --index "$index" \
  --fail-under answer_correctness=0.68 \
  --fail-under abstention_f1=0.50 \
  --fail-under recall@10=0.95
