#!/usr/bin/env bash
# A standard battery on the random numbers behind the draws, in every order in which neighbours might be related:
#
#   apt-get install dieharder clang && Benchmarks/randomness/battery.sh [ORDER …] [-- TEST …]
#
# Without tests named (by dieharder's numbers) all run on each order; most of an hour for each on one core. Prints each test's
# p-value, then how many there were and how many lay below 0.005 or above 0.995. dieharder itself advises against its
# tests 5, 6, 7 ("suspect") and 14 ("do not use"): they are run, and not counted.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
kernels="$here/../../Sources/CKernels"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

orders=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do orders+=("$1"); shift; done
[ $# -eq 0 ] || shift
[ ${#orders[@]} -gt 0 ] || orders=(draws examples layers seeds normals)
tests=(-a)
[ $# -eq 0 ] || { tests=(); for number in "$@"; do tests+=("-d $number"); done; }

clang -O2 -I"$kernels/include" -o "$work/words" "$here/words.c" "$kernels"/*.c "$kernels"/*/*.c -lm
for order in "${orders[@]}"; do
  echo "== $order"
  for test in "${tests[@]}"; do
    # shellcheck disable=SC2086 # "-d 3" is two words
    { "$work/words" "$order" || true; } | dieharder $test -g 200 -D test_name -D ntuple -D tsamples -D psamples -D pvalues
  done | grep --line-buffered -v '^#' | tee "$work/$order"
  awk -F'|' -v order="$order" '
    $1 !~ /opso|oqso|dna|diehard_sums/ && NF >= 5 {
      n++; p = $5 + 0; if (p < 0.005 || p > 0.995) far++; if (p < 0.000001 || p > 0.999999) failed++
    }
    END {
      printf "%s: %d p-values, %d outside 0.005 … 0.995 (%.1f expected), %d failed (beyond 0.000001)\n",
        order, n, far + 0, n * 0.01, failed + 0
    }' "$work/$order"
done
