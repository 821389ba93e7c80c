#!/usr/bin/env bash
# Each template is laid down as it is, lints clean, rehearses to the end, and overwrites nothing.
. "$(dirname "$0")/../lib.sh"
mapfile -t names < <("$netdrill" init | cut -d' ' -f1)
[ "${#names[@]}" -ge 7 ] || fail "the list of templates: ${names[*]}"
[ "$(ls "$root/share/templates" | sort)" = "$(printf '%s\n' "${names[@]}" | sort)" ] || fail "share/templates holds others"
for name in "${names[@]}"; do
    dir=$work/$name
    expect 0 'netdrill rehearse' "$netdrill" init "$name" "$dir"
    diff -r "$root/share/templates/$name" "$dir" || fail "$name is not as in share/templates"
    expect 0 '0 errors, 0 warnings' "$netdrill" lint "$dir/drill.lua" --strict
    expect 0 ' 0 missed, 0 unknown' "$netdrill" rehearse "$dir/drill.lua" --answers "$dir/answers.yaml"
    # Nobody answers: what hangs on people is told as missed, failed or not, never as met.
    sed 's/answer: [^,}]*/answer: none/' "$dir/answers.yaml" >"$work/nobody.yaml"
    "$netdrill" rehearse "$dir/drill.lua" --answers "$work/nobody.yaml" >"$work/nobody" 2>&1 &&
        fail "$name: nobody answered, and yet exit 0"
done
expect 3 'is not overwritten' "$netdrill" init cable-cut "$work/cable-cut"
diff -r "$root/share/templates/cable-cut" "$work/cable-cut" || fail "a second init changed something"
mkdir "$work/half"
echo mine >"$work/half/site.yaml"
expect 3 "site.yaml' is there already" "$netdrill" init cable-cut "$work/half"
[ "$(ls "$work/half")" = site.yaml ] && [ "$(cat "$work/half/site.yaml")" = mine ] || fail "half a template was written"
mkdir "$work/link"
ln -s "$work/elsewhere" "$work/link/drill.lua"
expect 3 'is not overwritten' "$netdrill" init cable-cut "$work/link"
[ ! -e "$work/elsewhere" ] || fail "init wrote through a link"
expect 2 "did you mean 'cable-cut'" "$netdrill" init cabel-cut "$work/x"
expect 2 'say where' "$netdrill" init cable-cut
expect 3 'cannot make' "$netdrill" init cable-cut "$work/no/such"
finish
