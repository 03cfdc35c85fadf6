# shellcheck shell=bash
# What up, down, status and logs share. The caller has set `here` to Infra/dev.
: "${here:?}"

# shellcheck disable=SC2034 # for those who source this
root=$(readlink -f "$here/../..")
# As root the database server runs as another user, who cannot look into root's home.
if [[ $EUID -eq 0 ]]; then default_state=/var/lib/hoso-dev; else default_state="${XDG_STATE_HOME:-$HOME/.local/state}/hoso"; fi
state=${HOSO_DEV_STATE:-$default_state}
began=$EPOCHREALTIME

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

elapsed() { # since the command began, in seconds
    awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'
}

# Makes the state directory and keeps every other command away from it until this one ends.
open_state() {
    mkdir -p "$state" 2>/dev/null || true
    [[ -w $state ]] || fail "The directory $state cannot be written. Choose another: HOSO_DEV_STATE=<directory>"
    state=$(readlink -f "$state")
    exec {lock}>"$state/lock"
    if ! flock --nonblock "$lock"; then
        say 'Another up or down is at work; waiting for it.'
        flock --timeout 300 "$lock" || fail 'It did not end within five minutes.'
    fi
    mkdir -p "$state"/{run,log,secrets,environment}
    chmod 700 "$state/secrets" "$state/environment"
}

# The choices made at the last `up` hold until `down`, unless the environment says otherwise.
choices() {
    printf '%s\n' HOSO_DEV_PORT_BASE KAFKA_BOOTSTRAP_SERVERS HOSO_KAFKA_NAMESPACE DATABASE_URL
    all_names | while read -r name; do port_variable "$name"; done
}

recall_choices() {
    local name value
    while IFS='=' read -r name value; do
        [[ -n ${!name:-} ]] || export "$name=$value"
    done < <(cat "$state/choices" 2>/dev/null)
}

remember_choices() {
    local name
    (
        umask 077
        choices | while read -r name; do
            [[ -z ${!name:-} ]] || printf '%s=%s\n' "$name" "${!name}"
        done >"$state/choices"
    )
}

# shellcheck source=services.sh
. "$here/lib/services.sh"
: "${lock:=9}"
# shellcheck source=processes.sh
. "$here/lib/processes.sh"
# shellcheck source=postgres.sh
. "$here/lib/postgres.sh"
# shellcheck source=environment.sh
. "$here/lib/environment.sh"
