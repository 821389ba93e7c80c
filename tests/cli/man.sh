#!/usr/bin/env bash
# Man pages pass mandoc's lint, tell every command and option that help tells, name only pages that
# there are, and are installed, as the completions are.
. "$(dirname "$0")/../lib.sh"
cd "$root"
read_page() { mandoc -T utf8 "$1" | sed $'s/.\x08//g'; } # without overstriking
build=$(dirname "$(dirname "$(dirname "$netdrill")")")
DESTDIR=$work/image meson install -C "$build" --no-rebuild --quiet >"$work/log" 2>&1 || { fail "meson install"; cat "$work/log"; }
pages=$(find "$work/image" -type d -path '*/share/man')
[ "$(find "$work/image" -path '*/bash-completion/completions/netdrill' -o -path '*/site-functions/_netdrill' \
    -o -path '*/vendor_completions.d/netdrill.fish' | wc -l)" -eq 3 ] || fail "completions are not installed"
for page in "$pages"/man1/*.1 "$pages"/man5/*.5; do
    [ "$(stat -c %a "$page")" = 644 ] || fail "$page may not be read by all"
    # Pages that are not installed on this machine are looked for below.
    said=$(mandoc -T lint "$page" 2>&1 | grep -v 'referenced manual not found')
    [ -z "$said" ] || fail "mandoc's lint: $said"
done
grep -hE '^\.(It )?Xr ' "$pages"/man1/*.1 | sed -E 's/^\.(It )?Xr ([^ ]+) ([0-9]).*/man\3\/\2.\3/' | sort -u >"$work/named"
while read -r page; do
    [ -f "$pages/$page" ] || fail "pages refer to $page, which there is not"
done <"$work/named"
"$netdrill" help | sed -nE 's/^  ([a-z-]+) +[A-Z].*/\1/p' >"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 20 ] || fail "the list of commands"
while read -r command; do
    read_page "$pages/man1/netdrill-$command.1" | tr -s ' \n\t' ' ' >"$work/page"
    grep -qF "netdrill-$command(1)" <<<"$(read_page "$pages/man1/netdrill.1")" || fail "netdrill(1) does not name $command"
    "$netdrill" help "$command" | sed -nE 's/^  (--[a-z-]+).*/\1/p' | while read -r option; do
        grep -qF -- "$option" "$work/page" || echo "$command $option"
    done >>"$work/lost"
done <"$work/commands"
[ ! -s "$work/lost" ] || { fail "options without a word in the pages"; cat "$work/lost"; }
for words in 'may_be_disturbed' 'arming'; do
    grep -qF "$words" <<<"$(read_page "$pages/man5/netdrill-site.5")" || fail "netdrill-site(5) lacks '$words'"
done
grep -qF restore_by <<<"$(read_page "$pages/man5/netdrill-scenario.5")" || fail "netdrill-scenario(5)"
finish
