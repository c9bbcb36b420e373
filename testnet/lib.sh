# What the scripts of testnet/ share. Sourced, not run.
#
# Everything of a running network lies under run/. Processes are known by pid files and are only ever signalled after
# checking that the pid still belongs to this network's own binary and home.

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(dirname "$here")"
# Absolute and without links: homes are recognised by this name, from wherever a script is called.
run="$(realpath -m -- "${AKASHI_TESTNET_DIR:-$here/run}")"
akashi="${AKASHI_BINARY:-$root/.build/akashi}"

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

wrong_usage() {
    echo "usage: $*" >&2
    exit 2
}

# The comment at the head of a script is its help; `load` passes its options on.
case "$(basename "$0") ${1:-}" in
    'load '*) ;;
    *' --help' | *' -h') sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac

need_binary() {
    [ -x "$akashi" ] || make -C "$root" build
    [ -x "$akashi" ] || fail "there is no $akashi"
}

# Ports and number of validators, as `up` wrote them.
load_settings() {
    [ -f "$run/settings" ] || fail "there is no whole network in $run; testnet/up makes one"
    local name value
    while IFS='=' read -r name value; do
        case "$name" in
            validators) validators="$value" ;;
            api_port) api_port="$value" ;;
            peer_port) peer_port="$value" ;;
            namespaces) namespaces="$value" ;;
        esac
    done <"$run/settings"
    namespaces="${namespaces:-no}"
    [ -n "${validators:-}" ] && [ -n "${api_port:-}" ] && [ -n "${peer_port:-}" ] || fail "$run/settings is damaged"
}

home_of() { echo "$run/validator-$1"; }
url_of() { echo "http://127.0.0.1:$((api_port + $1))"; }

# Exactly one argument, the index of a validator.
check_index() {
    [ $# = 1 ] || wrong_usage "testnet/$(basename "$0") VALIDATOR"
    case "$1" in
        '' | *[!0-9]*) wrong_usage "testnet/$(basename "$0") VALIDATOR" ;;
    esac
    [ "$1" -lt "$validators" ] || fail "there are validators 0 to $((validators - 1))"
}

# The pid of validator I if its process runs, or nothing.
pid_of() {
    local home pid executable
    home="$(home_of "$1")"
    [ -f "$home/pid" ] || return 0
    pid="$(cat "$home/pid" 2>/dev/null || true)"
    case "$pid" in '' | *[!0-9]*) return 0 ;; esac
    executable="$(readlink "/proc/$pid/exe" 2>/dev/null || true)"
    # A binary that was built again while it ran is shown as deleted.
    [ "${executable% (deleted)}" = "$(cat "$home/executable" 2>/dev/null)" ] || return 0
    # The process may end at any moment, so that the file is not there any more.
    { tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF -- "$home"; } 2>/dev/null || return 0
    # A process that ended and was not waited for is no longer there for anybody else.
    if grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null; then return 0; fi
    echo "$pid"
}

# Closes every descriptor but the standard ones, and bash's own for the script that it reads.
close_inherited() {
    local path descriptor
    for path in "/proc/$BASHPID/fd/"*; do
        descriptor="${path##*/}"
        case "$descriptor" in
            0 | 1 | 2 | 255 | '*') ;;
            *) eval "exec $descriptor>&-" ;;
        esac
    done
}

# Whether somebody listens on a port of this machine.
is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

require_free_ports() {
    local port
    for port in $((api_port + $1)) $((peer_port + $1)); do
        if is_taken "$port"; then
            fail "port $port, which validator $1 needs, is taken by another program, perhaps another network: stop" \
                "that, or wipe this network and choose AKASHI_TESTNET_API_PORT and AKASHI_TESTNET_PEER_PORT"
        fi
    done
}

# The switch that carries the packets of a network of namespaces, or nothing.
switch_pid() {
    local pid
    pid="$(cat "$run/switch.pid" 2>/dev/null || true)"
    case "$pid" in '' | *[!0-9]*) return 0 ;; esac
    { tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF -- "$here/switch.py"; } 2>/dev/null || return 0
    echo "$pid"
}

switch_is_ready_or_gone() { [ -f "$run/switch.namespaces" ] || [ -z "$(switch_pid)" ]; }

# Whether a process has ended; until then its ports may be taken, although it has no command line any more.
has_ended() { ! grep -q '^State:[[:space:]]*[A-Y]' "/proc/$1/status" 2>/dev/null; }

# Namespaces end with the switch that made them, so validators of an earlier one start anew.
start_switch() {
    local index ports=()
    [ -z "$(switch_pid)" ] || return 0
    stop_all
    for ((index = 0; index < validators; index++)); do
        require_free_ports "$index"
        ports+=("$((api_port + index))")
    done
    rm -f "$run/switch.namespaces"
    (
        close_inherited
        echo "$BASHPID" >"$run/switch.pid"
        exec setsid python3 "$here/switch.py" serve "$run" "${ports[@]}"
    ) >>"$run/switch.log" 2>&1 </dev/null &
    wait_for 10 test -s "$run/switch.pid" && wait_for 10 switch_is_ready_or_gone && [ -f "$run/switch.namespaces" ] ||
        fail "the switch does not start: $(tail -n 1 "$run/switch.log" 2>/dev/null)"
}

stop_switch() {
    local pid
    pid="$(switch_pid)"
    if [ -n "$pid" ]; then
        kill -KILL "$pid" 2>/dev/null || true
        wait_for 10 has_ended "$pid" || fail "the switch does not end"
    fi
    rm -f "$run/switch.pid" "$run/switch.sock" "$run/switch.namespaces"
}

# Tells the switch what happens to the links; it checks the words itself.
tell_switch() {
    [ "$namespaces" = yes ] || fail "links fail in networks that 'testnet/up --namespaces' made"
    [ -n "$(switch_pid)" ] || fail "the switch does not run; testnet/up starts it"
    python3 "$here/switch.py" tell "$run" "$@"
}

# The words before a validator's command, and its settings, where it lives in a namespace of its own.
enter_namespace() {
    local index addresses=""
    [ "$namespaces" = yes ] || return 0
    for ((index = 0; index < validators; index++)); do
        addresses="$addresses,10.77.0.$((index + 1)):$((peer_port + index))"
    done
    export AKASHI_PEERS_LISTEN="10.77.0.$(($1 + 1)):$((peer_port + $1))" AKASHI_PEERS_ADDRESSES="${addresses#,}"
    entrance=(nsenter "--net=$(python3 "$here/switch.py" namespace "$run" "$1")" --)
}

start_validator() {
    local home entrance=()
    home="$(home_of "$1")"
    [ -z "$(pid_of "$1")" ] || return 0
    [ "$namespaces" = yes ] || require_free_ports "$1"
    readlink -f "$akashi" >"$home/executable"
    (
        # A caller that waits for the end of its pipes must not wait for the validator.
        close_inherited
        # Two arenas keep glibc from holding memory that many threads once used.
        export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
        enter_namespace "$1"
        # Written before there is a validator, so that an interruption leaves none that nobody knows of.
        echo "$BASHPID" >"$home/pid"
        # A session of its own: an interrupt from the terminal ends the script, not the network.
        exec setsid "${entrance[@]}" "$(cat "$home/executable")" run --home "$home"
    ) >>"$home/log" 2>&1 </dev/null &
    # Until it has become the validator, the process is this shell's.
    wait_for 10 has_become_validator "$1" "$!" || fail "validator $1 cannot be started"
}

has_become_validator() { [ -n "$(pid_of "$1")" ] || ! kill -0 "$2" 2>/dev/null; }

# Waits until a condition holds, as often as asked ten times a second.
wait_for() {
    local seconds="$1" tries
    shift
    tries=$((seconds * 5))
    while ! "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.2
    done
}

# Ours and no other that answers on this port: its process runs, and it is on the chain of our genesis.
is_ready() {
    [ -n "$(pid_of "$1")" ] || return 1
    "$akashi" status --ready --genesis "$run/genesis" --node "$(url_of "$1")" >/dev/null 2>&1
}

is_gone() { [ -z "$(pid_of "$1")" ]; }
is_ready_or_gone() { is_ready "$1" || is_gone "$1"; }

wait_ready() {
    if ! wait_for 90 is_ready_or_gone "$1" || is_gone "$1"; then
        tail -n 20 "$(home_of "$1")/log" >&2 || true
        fail "validator $1 did not come up; the end of its log stands above (a network that another version made: testnet/down --wipe)"
    fi
}

# Stops with SIGTERM, and with SIGKILL if that does not help in time.
stop_validator() {
    local pid
    pid="$(pid_of "$1")"
    [ -n "$pid" ] || return 0
    kill -CONT "$pid" 2>/dev/null || true
    kill -TERM "$pid" 2>/dev/null || true
    if ! wait_for 20 is_gone "$1"; then
        pid="$(pid_of "$1")"
        [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
        wait_for 10 is_gone "$1" || fail "validator $1 does not end"
    fi
    rm -f "$(home_of "$1")/pid"
}

# Stops every validator that has a home here, whatever the settings say, if there are any.
stop_all() {
    local home
    for home in "$run"/validator-*; do
        [ -f "$home/pid" ] || continue
        stop_validator "${home##*/validator-}"
    done
    stop_switch
}

# Removes what a network leaves behind, and nothing else, in case the directory is not ours.
remove_network() {
    [ -d "$run" ] || return 0
    rm -rf "$run"/validator-* "$run/clients" "$run/proofs" "$run/work" "$run/vault" "$run/genesis" \
        "$run/settings" "$run/settings.unfinished" "$run"/switch.*
    rmdir "$run" 2>/dev/null || true
}

signal_validator() {
    local pid
    pid="$(pid_of "$2")"
    [ -n "$pid" ] || fail "validator $2 does not run"
    kill "-$1" "$pid"
}

# The indexes of the validators whose process runs.
running_validators() {
    local index list=""
    for ((index = 0; index < validators; index++)); do
        [ -z "$(pid_of "$index")" ] || list="$list $index"
    done
    echo "${list# }"
}

# Their addresses, with commas.
nodes_of() {
    local index list=""
    for index in $1; do list="$list,$(url_of "$index")"; done
    echo "${list#,}"
}
