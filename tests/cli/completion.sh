#!/usr/bin/env bash
# Completion in bash, zsh and fish, each asked as its user would: commands, options, choices, files,
# runs, and what is open in a run that lives.
. "$(dirname "$0")/../lib.sh"
pid=
cleanup() { [ -z "$pid" ] || kill "$pid" 2>/dev/null; }
PATH=$(dirname "$netdrill"):$PATH
cd "$work"
mkdir "a directory" sub home
touch drill.lua "second drill.lua" today.plan site.yaml notes.txt
for shell in bash zsh fish; do "$netdrill" completion $shell >"$work/script.$shell" || fail "completion $shell"; done
expect 2 'expected bash, zsh or fish' "$netdrill" completion csh
bash -n script.bash || fail "bash does not take the script"
zsh -n script.zsh || fail "zsh does not take the script"
fish -n script.fish || fail "fish does not take the script"

# What bash offers for the words, the last of which is being typed; it takes words apart at '='.
in_bash() {
    bash --norc -c 'compopt() { :; }; source script.bash; COMP_WORDS=(); for w; do
        while [[ $w == *=* ]]; do COMP_WORDS+=("${w%%=*}" "="); w=${w#*=}; done
        [[ -z $w && ${COMP_WORDS[-1]:-} == = ]] || COMP_WORDS+=("$w"); done
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _netdrill netdrill; printf "%s\n" "${COMPREPLY[@]}"' bash netdrill "$@"
}
in_zsh() {
    zsh -fc 'compdef() { :; }; _files() { print -r -- "files $*"; }
        _describe() { local -a list; list=("${(@P)3}"); print -rl -- "${(@)list%%:*}"; }
        source script.zsh; words=(netdrill "$@"); CURRENT=$#words; _netdrill' zsh "$@"
}
in_fish() {
    local line=netdrill word
    for word; do line="$line $word"; done
    HOME=$work/home fish --no-config -c 'source script.fish; complete -C $argv[1]' -- "$line" | cut -f1
}
offers() { # shell, the lines wanted (separated by blanks), words...
    local shell=$1 wanted=$2 got
    shift 2
    got=$(in_"$shell" "$@" 2>&1 | sort | tr '\n' ' ')
    [ "${got% }" = "$wanted" ] || fail "$shell: '$*' gives '$got', expected '$wanted'"
}
holds() { # shell, a line that is among what is offered, words...
    local shell=$1 wanted=$2
    shift 2
    grep -qxF -- "$wanted" <<<"$(in_"$shell" "$@" 2>&1)" || fail "$shell: '$*' does not offer '$wanted'"
}
for shell in bash zsh fish; do
    offers $shell "reflect rehearse report restore resume review" re
    offers $shell "down list up" lab ""
    offers $shell "--strict" lint drill.lua --st
    offers $shell "en zh" run --lang ""
    holds $shell junit report --format ""
    offers $shell "cable-cut congestion core-failure" init c
    holds $shell reach plugin show ""
    holds $shell links.down#1 rehearse drill.lua --fail li
    holds $shell --restore-within run --
    offers $shell "" confirm last ""
    offers $shell "" __complete ""
done
[ "$(in_bash explain E03 | sort)" = "$("$netdrill" explain | grep -o '^E03[0-9]*' | sort)" ] || fail "bash: codes"
offers bash "en zh" run --lang=
offers bash "zh" run --lang=z
offers zsh "--lang=zh" run --lang=z
offers fish "--lang=zh" run --lang=z
[ "$(in_bash lint "" | sort | tr '\n' '|')" = "a directory|drill.lua|home|second drill.lua|sub|" ] || fail "bash: scenarios: $(in_bash lint "")"
[ "$(in_bash run t)" = today.plan ] || fail "bash: plans"
[ "$(in_bash init cable-cut "" | sort | tr '\n' '|')" = "a directory|home|sub|" ] || fail "bash: directories"
[ "$(in_zsh run "")" = $'files -g *.(lua)\nfiles -g *.(plan)' ] || fail "zsh: files: $(in_zsh run "")"
grep -qx drill.lua <<<"$(in_fish lint d)" || fail "fish: files"

# A run that lives, and one that has ended.
printf 'site: field\npeople: {lin: {title: Lin}, wu: {title: Wu}}\ntargets: {}\n' >site.yaml
cat >ask.lua <<'LUA'
local p = use "pretend"
drill { "Completion", id = "ask", lasts = minutes(9), site = "site.yaml" }
phase { "One" }
step { "Ask", owner = "me", run = function()
  together { function() confirm { "Is it so", by = "lin", within = minutes(8) } end,
             function() confirm { "Go on", by = "wu", within = minutes(8) } end }
end }
inject { "A call", id = "call", on_call = true, to = { "wu" } }
inject { "Some news", id = "news", on_call = true, to = { "wu" } }
LUA
mkdir runs
printf -- '- {match: it so, after: 0s, answer: yes}\n- {match: Go on, after: 0s, answer: yes}\n' >yes.yaml
"$netdrill" run ask.lua --confirm ask --answers yes.yaml >"$work/first" 2>&1 || { fail "the first run"; cat "$work/first"; }
first=$(ls runs)
sleep 1 # ids begin with the second
"$netdrill" run ask.lua --confirm ask >"$work/second" 2>&1 &
pid=$!
for _ in $(seq 100); do [ "$("$netdrill" __complete confirm last "" | wc -l)" = 2 ] && break; sleep 0.1; done
second=$(ls runs | tail -1)
for shell in bash zsh fish; do
    offers $shell "1 2" confirm last ""
    offers $shell "$second last" confirm ""
    offers $shell "$first $second last" report ""
    offers $shell "lin wu" confirm last 1 --by ""
    offers $shell "lin wu" arm last --as ""
    offers $shell "call news" fire ""
    offers $shell "news" ack ne
done
offers bash "$second last" status --runs "$work/runs" ""
"$netdrill" confirm last 1 --by lin || fail "confirm"
offers bash "2" confirm last ""
"$netdrill" abort last
wait "$pid"
pid=
offers bash "" confirm ""
finish
