#!/usr/bin/env bash
# A lab as an ordinary user, in a user namespace of its own: it runs, and nothing is left.
. "$(dirname "$0")/../lib.sh"
chmod 755 "$work"
cp -r "$root/drills" "$work/drills"
cp -r "$root/profiles" "$work/drills/profiles"
if [ "$(id -u)" -eq 0 ]; then
    chown -R nobody "$work"
    user=(setpriv --reuid nobody --regid nogroup --clear-groups --no-new-privs)
else
    user=()
fi
"${user[@]}" unshare -Urn true 2>/dev/null || { echo "this kernel allows no user namespaces"; exit 77; }
"${user[@]}" test -x "$netdrill" || { echo "the build is not readable for another user; copied"; mkdir "$work/b"; cp -r "$(dirname "$netdrill")"/../../{core/cli,plugins} "$work/b/" 2>/dev/null; cp "$netdrill" "$work/b/"; chmod -R a+rX "$work/b"; export NETDRILL_PLUGINS=$work/b/plugins; netdrill=$work/b/netdrill; }
before=$(ip netns; ip -j link)
cd "$work"
expect 0 "changes restored and read back" "${user[@]}" "$netdrill" run drills/decoy-district.lua --lab --answers drills/answers/decoy-district.yaml --runs "$work/runs" --plain
grep -q '✗' "$work/out" && fail "something was missed"
[ "$before" = "$(ip netns; ip -j link)" ] || fail "the default namespace is not as before"
finish
