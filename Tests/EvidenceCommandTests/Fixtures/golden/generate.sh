#!/usr/bin/env bash
# Writes the outputs that GoldenTests holds the command to: generate.sh EVIDENCE, with the path of a build to trust.
# The processor's instructions set the last bits: `instructions` says which these were.
set -euo pipefail
evidence=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cp "$root"/Sources/EvidenceCommand/Resources/*.h5 "$root"/Tests/KerasImportTests/Fixtures/keras3-nested.keras "$work"
cd "$work"
"$evidence" nll digits-iwae-2l.h5 digits-test.h5 --samples 1 --examples ..1 --verbose 2>&1 >/dev/null |
  sed -n 's/.*kernels=\([a-z0-9]*\).*/\1/p' >"$here/instructions"
while read -r name arguments; do
  # shellcheck disable=SC2086
  "$evidence" $arguments --quiet --format json >"$here/$name.json" || true
done <"$here/commands"
