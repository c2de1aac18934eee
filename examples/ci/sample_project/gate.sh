#!/usr/bin/env bash
# Ask every case and hold the answers to baseline.json. What a CI service shows comes to rest in build/.
# After a change that is meant: ./gate.sh --write-baseline baseline.json --fail-under accuracy=0.8
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

mkdir -p build
rag index docs --index build/index
rag eval run cases.jsonl --index build/index --out build/run
if [ $# -gt 0 ]; then
  rag eval gate build/run "$@"
else
  rag eval gate build/run --baseline baseline.json --junit build/gate.xml --markdown build/gate.md
fi
