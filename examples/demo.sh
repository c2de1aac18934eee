#!/usr/bin/env bash
# Index the sample company's handbook and answer three questions about it, offline and without a key.
# Needs `rag` on PATH; `make demo` sees to that. The questions, with what should be answered, stand in demo.jsonl.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

index="$(mktemp -d)"
trap 'rm -rf "$index"' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; } # no escape codes in a file

ask() {
  say "\$ rag ask \"$1\""
  rag ask "$1" --index "$index"
}

say "\$ rag index examples/handbook"
rag index handbook --index "$index"

ask "How many weeks of parental leave do we get at full pay?"
ask "What is our maximum liability to Aldermoor per shipment?"
ask "May I bring my dog to the office?" # nothing in the handbook says so: an honest abstention

say "Now your own documents:"
cat <<'NEXT'

    .venv/bin/rag index PATH_TO_YOUR_FOLDER
    .venv/bin/rag ask "What you want to know"
    .venv/bin/rag serve

NEXT
