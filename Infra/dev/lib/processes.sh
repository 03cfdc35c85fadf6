# shellcheck shell=bash
# Starting, watching and ending processes. Each has a record `run/<name>`: process id, its start time, a digest of what
# it was started with. Id and start time together tell whether a process is really ours.
: "${here:?}" "${state:?}" "${lock:?}"

start_time() { # pid
    awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$1/stat" 2>/dev/null
}

is_alive() { # name
    local pid began _
    read -r pid began _ 2>/dev/null <"$state/run/$1" || return 1
    [[ -n $began && $(start_time "$pid") == "$began" ]] && [[ $(awk '{ sub(/.*\) /, ""); print $1 }' "/proc/$pid/stat" 2>/dev/null) != Z ]]
}

pid_of() { # name
    local pid _
    read -r pid _ <"$state/run/$1" && printf '%s' "$pid"
}

# A digest of what a process would be started with: command line, environment file, the executable itself.
digest_of() { # name, command...
    local name=$1
    shift
    {
        printf '%s\n' "$@"
        cat "$state/environment/$name" 2>/dev/null || true
        stat -L -c '%Y %s' "$(command -v "$1")" || true
    } | sha256sum | cut -c1-16
}

# Runs a command in a session of its own with the variables of `environment/<name>`; its output goes to `log/<name>.log`.
launch() { # name, command...
    local name=$1 digest
    shift
    digest=$(digest_of "$name" "$@")
    (
        export HOSO_DEV_STACK="$state"
        set -a
        # shellcheck source=/dev/null
        [[ ! -e $state/environment/$name ]] || . "$state/environment/$name"
        set +a
        exec setsid "$@"
    ) </dev/null >>"$state/log/$name.log" 2>&1 {lock}>&- &
    printf '%s %s %s\n' "$!" "$(start_time "$!")" "$digest" >"$state/run/$name"
}

# Leaves a process alone that runs, answers and was started with the same things; else ends what is left and starts it.
# A service that answers without being ready finds its way back by itself, as it has to in production.
ensure() { # name, command...
    local name=$1 digest=''
    command -v "$2" >/dev/null || fail "There is no $2 to run as $(title_of "$name")."
    if is_alive "$name"; then
        read -r _ _ digest <"$state/run/$name"
        if [[ $digest == "$(digest_of "$@")" ]] && wait_until responds "$name" 3; then return; fi
        stop "$name"
    fi
    require_free_port "$name"
    printf '\n--- started %s\n' "$(date --iso-8601=seconds)" >>"$state/log/$name.log"
    launch "$@"
}

# Asks a process to end, waits, insists.
stop() { # name...
    local name pid insist=$((SECONDS + 12))
    for name in "$@"; do
        is_alive "$name" || continue
        pid=$(pid_of "$name")
        # PostgreSQL: SIGINT is its fast shutdown. CONT: a frozen process must be able to hear it.
        kill -s "$([[ $name == postgres ]] && echo INT || echo TERM)" "$pid" 2>/dev/null || true
        kill -s CONT "$pid" 2>/dev/null || true
    done
    for name in "$@"; do
        while is_alive "$name" && [[ $SECONDS -lt $insist ]]; do sleep 0.05; done
        if is_alive "$name"; then
            say "$(title_of "$name") did not end in time; it is killed."
            kill -s KILL "$(pid_of "$name")" 2>/dev/null || true
            while is_alive "$name"; do sleep 0.02; done
        fi
        rm -f "$state/run/$name"
    done
}

# Ends everything, services first, the servers they need last.
stop_all() {
    # shellcheck disable=SC2046 # names
    stop $(names_of service)
    # shellcheck disable=SC2046 # names
    stop $(names_of stand-in)
    stop broker postgres
    # What a crash of ours, or a child that outlived its parent, may have left.
    local insist=$((SECONDS + 5))
    until "$here/lib/marked" "HOSO_DEV_STACK=$state" TERM >/dev/null; do
        if [[ $SECONDS -ge $insist ]]; then
            "$here/lib/marked" "HOSO_DEV_STACK=$state" KILL >&2 || true
            return
        fi
        sleep 0.1
    done
}

is_listening() { # port
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

require_free_port() { # name
    local port
    port=$(port_of "$1")
    is_listening "$port" || return 0
    fail "Port $port, meant for $(title_of "$1"), is in use$("$here/lib/port-owner" "$port").
Stop that, or choose another port: $(port_variable "$1")=<port> Infra/dev/up
(HOSO_DEV_PORT_BASE=<port> moves all of them; it is ${HOSO_DEV_PORT_BASE:-8100} now)."
}

responds() { # name
    probe "$1" /health/live
}

is_ready() { # name
    probe "$1" /health/ready
}

probe() { # name, what to ask a service
    local port
    port=$(port_of "$1")
    case $(kind_of "$1"):$1 in
        server:postgres) "$(postgres_bin)/pg_isready" --quiet --host 127.0.0.1 --port "$port" --timeout 1 ;;
        server:broker) [[ -S $state/broker/control ]] && is_listening "$port" ;;
        service:*) curl --silent --fail --max-time 1 --output /dev/null "http://127.0.0.1:$port$2" ;;
        *) curl --silent --fail --max-time 1 --output /dev/null "http://127.0.0.1:$port/calls" ;;
    esac
}

wait_until() { # responds or is_ready, name, seconds
    local deadline=$((SECONDS + $3))
    until "$1" "$2"; do
        is_alive "$2" && [[ $SECONDS -lt $deadline ]] || return 1
        sleep 0.05
    done
}

# Waits for several; the end of the log of the first that does not come up is the message.
require_ready() { # seconds, name...
    local seconds=$1 name
    shift
    for name in "$@"; do
        if ! wait_until is_ready "$name" "$seconds"; then
            fail "$(title_of "$name") $(is_alive "$name" && echo "is not ready after $seconds s" || echo 'ended'). Its log ends with:

$(tail -n 25 "$state/log/$name.log" | sed 's/^/    /')"
        fi
        [[ -n ${quiet:-} ]] || printf '  %-20s %-22s %6s s\n' "$(title_of "$name")" "127.0.0.1:$(port_of "$name")" "$(elapsed)"
    done
}
