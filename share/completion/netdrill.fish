# fish completion of netdrill. What may stand where is asked of netdrill itself ('netdrill
# __complete'), which answers from its command tables and from the runs there are.
function __netdrill_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    for line in ($program __complete $words "$current" 2>/dev/null)
        switch $line
            case ':dirs'
                __fish_complete_directories "$current"
            case ':files'
                __fish_complete_path "$current"
            case ':files *'
                for ending in (string split -n ' ' -- (string replace ':files' '' -- $line))
                    __fish_complete_suffix ".$ending"
                end
            case '*'
                echo $line
        end
    end
end
complete -c netdrill -f -k -a '(__netdrill_complete)'
