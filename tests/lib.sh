# Helpers for shell tests: . "$(dirname "$0")/../lib.sh"
# $1 of a test is the netdrill binary; $root the checkout.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
netdrill=$(readlink -f "${1:?the netdrill binary}")
work=$(mktemp -d)
trap 'status=$?; cleanup; rm -rf "$work"; exit $status' EXIT
failures=0
cleanup() { :; }

fail() { echo "FAIL: $*"; failures=$((failures + 1)); }

# expect EXIT 'words of the message' command...
expect() {
    local code=$1 words=$2 got=0
    shift 2
    "$@" >"$work/out" 2>&1 || got=$?
    [ "$got" -eq "$code" ] || { fail "'$*' exited $got, expected $code"; tail -5 "$work/out"; }
    grep -qF -- "$words" "$work/out" || { fail "'$*' does not say '$words'"; tail -5 "$work/out"; }
}

finish() {
    [ "$failures" -eq 0 ] && echo "ok" && exit 0
    echo "$failures failure(s)"
    exit 1
}
