#!/usr/bin/env bash
# Runs the examples of the README against a live hub and compares what they print.
#
#   scripts/readme-examples.sh [BASE [README]]
#
# BASE is the hub's URL, by default http://127.0.0.1:3000, which the examples
# name and which is replaced by it. The hub must have been started on an empty
# database with STRIPE_WEBHOOK_SECRET=whsec_test and no other settings. A
# `signalbox` that examples call is taken from the PATH.
#
# Examples are the `sh` blocks between `<!-- examples:start -->` and
# `<!-- examples:end -->`. They run in order in one shell, in the README's
# folder. A `json` or `text` block right behind one is what it must print: JSON
# is compared by meaning, text to the byte. An example that fails, or that waits
# for longer than the limit, fails the run.
set -euo pipefail

readonly named_base=http://127.0.0.1:3000
# Everything together takes about a second; waiting for a state is part of it.
readonly limit_s=60

base=${1:-$named_base}
base=${base%/}
readme=${2:-$(dirname "${BASH_SOURCE[0]}")/../README.md}

die() {
  printf 'readme-examples: %s\n' "$1" >&2
  exit 2
}

# Writes N.sh, N.line and, where something is expected, N.json or N.text into
# the folder $work, and sets $count.
extract() {
  local line number=0 in_region=no fence='' target='' last=0
  count=0
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    if [[ -n $fence ]]; then
      if [[ $line == '```' ]]; then
        fence='' target=''
      elif [[ -n $target ]]; then
        printf '%s\n' "${line//$named_base/$base}" >>"$target"
      fi
      continue
    fi
    case $in_region:$line in
      no:'<!-- examples:start -->') in_region=yes ;;
      yes:'<!-- examples:end -->') in_region=no ;;
      *:'<!-- examples:'*) die "$readme:$number: marker out of place" ;;
      yes:'```sh')
        count=$((count + 1)) last=$count
        fence=sh target=$work/$count.sh
        : >"$target"
        printf '%s' "$number" >"$work/$count.line"
        ;;
      yes:'```json' | yes:'```text')
        fence=${line#'```'}
        if ((last > 0)); then
          target=$work/$last.$fence
          : >"$target"
        fi
        last=0
        ;;
      *:'```'?*) fence=other last=0 ;;
      *:'') ;;
      *) last=0 ;;
    esac
  done <"$readme"
  [[ $in_region == no && -z $fence ]] || die "$readme: a region or a block is not closed"
  ((count > 0)) || die "$readme: no examples between the markers"
}

# Runs all examples in one shell, each with its output in files of its own.
run_all() {
  local n runner started=$SECONDS
  for ((n = 1; n <= count; n++)); do
    printf '. "$work/%d.sh" >"$work/%d.out" 2>"$work/%d.err" </dev/null\n' "$n" "$n" "$n"
    printf 'printf %%s "$?" >"$work/%d.status"\n' "$n"
  done >"$work/all.sh"
  work=$work bash "$work/all.sh" &
  runner=$!
  while kill -0 "$runner" 2>/dev/null; do
    if ((SECONDS - started >= limit_s)); then
      kill "$runner" 2>/dev/null || true
      printf 'readme-examples: stopped after %d s\n' "$limit_s" >&2
    fi
    sleep 0.1
  done
  wait "$runner" || true
}

# Prints why example N is wrong; nothing when it is right.
judge() {
  local n=$1 status
  if [[ ! -e $work/$n.status ]]; then
    printf 'it did not end\n'
    return
  fi
  status=$(<"$work/$n.status")
  if [[ $status != 0 ]]; then
    printf 'it ended with status %s\n' "$status"
  fi
  if [[ -e $work/$n.json ]]; then
    jq -S . "$work/$n.json" >"$work/$n.want" || die "$readme: the expected answer is not JSON"
    jq -S . "$work/$n.out" >"$work/$n.got" 2>/dev/null || cp "$work/$n.out" "$work/$n.got"
    diff -u --label expected --label printed "$work/$n.want" "$work/$n.got" || true
  elif [[ -e $work/$n.text ]]; then
    diff -u --label expected --label printed "$work/$n.text" "$work/$n.out" || true
  fi
}

[[ -r $readme ]] || die "$readme cannot be read"
readme=$(cd "$(dirname "$readme")" && pwd)/$(basename "$readme")
for tool in curl jq openssl; do
  command -v "$tool" >/dev/null || die "$tool is missing"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
extract
if grep -q '^signalbox ' "$work"/*.sh && ! command -v signalbox >/dev/null; then
  die 'signalbox is not on the PATH'
fi
curl -sS -o "$work/healthz" "$base/healthz" || die "no hub answers at $base"

cd "$(dirname "$readme")"
run_all

passed=0 failed=0
for ((n = 1; n <= count; n++)); do
  wrong=$(judge "$n")
  if [[ -z $wrong ]]; then
    passed=$((passed + 1))
    continue
  fi
  failed=$((failed + 1))
  printf '%s:%s: the example does not do what it says\n' "$readme" "$(<"$work/$n.line")"
  printf '%s\n' "$wrong"
  [[ ! -s $work/$n.err ]] || sed 's/^/stderr: /' "$work/$n.err"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
