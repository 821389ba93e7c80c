#!/usr/bin/env bash
# Every code that a message can bear is explained, and every one explained can come up.
. "$(dirname "$0")/../lib.sh"
cd "$root"
"$netdrill" explain | cut -d' ' -f1 | sort >"$work/explained"
grep -rhoE '["[][EW]0[0-9]{3}' core --include='*.c' --include='*.h' | grep -oE '[EW]0[0-9]{3}' | sort -u >"$work/used"
comm -13 "$work/explained" "$work/used" >"$work/lost"
[ ! -s "$work/lost" ] || fail "not explained: $(tr '\n' ' ' <"$work/lost")"
comm -23 "$work/explained" "$work/used" >"$work/idle"
[ ! -s "$work/idle" ] || fail "nothing says: $(tr '\n' ' ' <"$work/idle")"
[ -z "$(uniq -d "$work/explained")" ] || fail "explained twice: $(uniq -d "$work/explained")"
while read -r code; do
    "$netdrill" explain "$code" >"$work/text" || fail "explain $code"
    head -1 "$work/text" | grep -qE "^$code: [a-zA-Z]" || fail "$code has no title"
    [ "$(tail -n +3 "$work/text" | wc -c)" -ge 25 ] || fail "$code has no text"
    [ "$(awk '{ if (length > longest) longest = length } END { print longest }' "$work/text")" -le 100 ] ||
        fail "$code has lines wider than a terminal"
done <"$work/explained"
while read -r code; do
    grep -qx "$code" "$work/explained" || fail "the documents name $code, which there is not"
done < <(grep -rhoE '\b[EW]0[0-9]{3}\b' README.md docs | sort -u)
expect 2 "there is no code 'E9999'" "$netdrill" explain E9999
expect 0 'E0207: unknown key' "$netdrill" explain e0207
finish
