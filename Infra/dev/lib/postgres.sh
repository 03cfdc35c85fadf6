# shellcheck shell=bash
# The private PostgreSQL cluster, or the server that DATABASE_URL names; roles and schemas of the services.
: "${here:?}" "${state:?}"

postgres_bin() {
    local newest
    newest=$(find /usr/lib/postgresql -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort --version-sort | tail -1)
    if [[ -n $newest ]]; then dirname "$newest"; else pg_config --bindir; fi
}

# initdb and the server refuse to run as root.
server_user() {
    if [[ $EUID -ne 0 ]]; then return; fi
    if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}

as_server_user() { # command...
    local user
    user=$(server_user)
    if [[ -n $user ]]; then
        setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$@"
    else
        "$@"
    fi
}

# Inside the state directory, or, where the server's user cannot reach that, in a place named after it.
cluster_directory() {
    if as_server_user test -x "$state"; then
        printf '%s/postgres' "$state"
    else
        printf '/var/tmp/hoso-postgres-%s' "$(sha256sum <<<"$state" | cut -c1-12)"
    fi
}

random_word() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

secret() { # name: made once
    local file="$state/secrets/$1"
    [[ -s $file ]] || (umask 077 && random_word >"$file")
    cat "$file"
}

make_cluster() { # directory
    local directory=$1 user password made=true
    user=$(server_user)
    mkdir -p "$directory"
    chmod 700 "$directory"
    [[ -z $user ]] || chown "$user:" "$directory"
    # A file that only the server's user may read: the data directory must be empty, a pipe of ours he cannot open.
    password=$(as_server_user mktemp)
    secret database.admin | as_server_user tee "$password" >/dev/null
    as_server_user "$(postgres_bin)/initdb" --pgdata "$directory" --username hoso_admin --pwfile "$password" \
        --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 --no-sync >>"$state/log/postgres.log" 2>&1 || made=false
    rm -f "$password"
    $made || fail "The database cluster could not be made:
$(tail -n 15 "$state/log/postgres.log")"
    cat >>"$directory/postgresql.conf" <<CONFIGURATION
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = '128MB'
max_wal_size = '1GB'
log_line_prefix = '%m [%p] %q%u '
log_timezone = 'UTC'
timezone = 'UTC'
jit = off
# The details of an error repeat values of rows.
log_error_verbosity = terse
CONFIGURATION
}

ensure_postgres() {
    local directory user runner=()
    directory=$(cluster_directory)
    user=$(server_user)
    if [[ ! -s $directory/PG_VERSION || ! -e $state/secrets/database.admin ]]; then
        rm -rf "$directory"
        make_cluster "$directory"
    fi
    if [[ -n $user ]]; then
        runner=(setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups --)
    fi
    if ! is_alive postgres; then wait_for_orphans "$directory"; fi
    ensure postgres "${runner[@]}" "$(postgres_bin)/postgres" -D "$directory" -p "$(port_of postgres)"
}

# After a SIGKILL the server's children end by themselves; only then may its lock go, which PostgreSQL itself would not
# take away while the dead process has not been reaped.
wait_for_orphans() { # directory
    local deadline=$((SECONDS + 15))
    [[ -e $1/postmaster.pid ]] || return 0
    while [[ -n $(find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -lname "$1" -print -quit 2>/dev/null) ]]; do
        [[ $SECONDS -lt $deadline ]] || fail "Another PostgreSQL server works in $1."
        sleep 0.05
    done
    rm -f "$1/postmaster.pid"
}

# The URL with which roles and schemas are made.
admin_url() {
    if [[ -n ${DATABASE_URL:-} ]]; then
        printf '%s' "$DATABASE_URL"
    else
        printf 'postgresql://hoso_admin:%s@127.0.0.1:%s/hoso' "$(secret database.admin)" "$(port_of postgres)"
    fi
}

# The same server and database, as the role of one service.
service_url() { # name
    admin_url | "$here/lib/database-url" "hoso_$1" "$(secret "database.$1")"
}

admin_psql() { # arguments... ; the password does not go on the command line
    local parts
    mapfile -t parts < <(admin_url | "$here/lib/database-url" --split)
    PGPASSWORD=${parts[1]:-} PGCONNECT_TIMEOUT=5 "$(postgres_bin)/psql" --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
        --dbname "${parts[0]}" "$@"
}

ensure_roles() {
    local name
    if [[ -z ${DATABASE_URL:-} ]]; then
        [[ $(DATABASE_URL=$(admin_url | sed 's#/hoso$#/postgres#') admin_psql --tuples-only --no-align --command \
            "SELECT 1 FROM pg_database WHERE datname = 'hoso'") == 1 ]] ||
            DATABASE_URL=$(admin_url | sed 's#/hoso$#/postgres#') admin_psql --command 'CREATE DATABASE hoso'
    fi
    (
        for name in $(names_of service); do
            export "HOSO_ROLE_PASSWORD_${name^^}=$(secret "database.$name")"
        done
        admin_psql --file "$here/../postgres/roles.sql" >"$state/log/roles.log" 2>&1
    ) || fail "Roles and schemas could not be made in the database:
$(tail -n 15 "$state/log/roles.log")"
}
