# bash completion of netdrill. What may stand where is asked of netdrill itself ('netdrill
# __complete'), which answers from its command tables and from the runs there are.
_netdrill() {
    local word glued= line rest file words=() cur IFS=$'\n'
    COMPREPLY=()
    # bash takes "--name=value" apart at the '='.
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ $word == = && ${#words[@]} -gt 0 && ${words[-1]} == --* ]]; then
            words[-1]+==
            glued=1
        elif [[ $glued ]]; then
            words[-1]+=$word
            glued=
        else
            words+=("$word")
        fi
    done
    cur=${words[-1]}
    [[ $cur == --*=* ]] && cur=${cur#*=}
    while read -r line; do
        case $line in
        :dirs)
            compopt -o filenames
            COMPREPLY+=($(compgen -d -- "$cur"))
            ;;
        :files*)
            compopt -o filenames
            rest=" ${line#:files} "
            for file in $(compgen -f -- "$cur"); do
                [[ $rest == "  " || -d $file || $rest == *" ${file##*.} "* ]] && COMPREPLY+=("$file")
            done
            ;;
        *)
            line=${line%%$'\t'*}
            [[ $line == --*=* ]] && line=${line#*=}
            COMPREPLY+=("$line")
            ;;
        esac
    done < <("${1/#\~/$HOME}" __complete "${words[@]}" 2>/dev/null)
}
complete -F _netdrill netdrill
