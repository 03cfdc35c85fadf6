# shellcheck shell=bash
# What the one-machine stack consists of: name, kind, port (offset from HOSO_DEV_PORT_BASE), what people call it.
# Another port is given by HOSO_DEV_<NAME>_PORT. Services run the product hoso-<name>, stand-ins the script of their name.

catalogue='
console      service    0 Console
intake       service    1 Intake
routing      service    2 Routing
dues         service    3 Dues
signing      service    4 Signing
notification service    5 Notification
directory    service    6 Directory
postgres     server    10 PostgreSQL
broker       server    11 Kafka (embedded)
identity     stand-in  20 Identity provider
gateway      stand-in  21 Payment gateway
mail         stand-in  22 Mail receiver
smtp         port      23 SMTP of the mail receiver
sms          stand-in  24 SMS provider
bank         stand-in  25 Account inquiry
partydb      stand-in  27 Party Member Database
portal       stand-in  28 National portal payments
momo         stand-in  29 MoMo
insurance    stand-in  30 Vietnam Social Security
'

all_names() {
    awk 'NF { print $1 }' <<<"$catalogue"
}

names_of() { # kind
    awk -v kind="$1" '$2 == kind { print $1 }' <<<"$catalogue"
}

kind_of() { # name
    awk -v name="$1" '$1 == name { print $2 }' <<<"$catalogue"
}

title_of() { # name
    awk -v name="$1" '$1 == name { $1 = $2 = $3 = ""; sub(/^ +/, ""); print }' <<<"$catalogue"
}

port_variable() { # name
    printf 'HOSO_DEV_%s_PORT\n' "$(tr '[:lower:]-' '[:upper:]_' <<<"$1")"
}

port_of() { # name
    local variable
    variable=$(port_variable "$1")
    if [[ -n ${!variable:-} ]]; then
        printf '%s' "${!variable}"
    else
        awk -v name="$1" -v base="${HOSO_DEV_PORT_BASE:-8100}" '$1 == name { print base + $3 }' <<<"$catalogue"
    fi
}

url_of() { # name
    printf 'http://127.0.0.1:%s' "$(port_of "$1")"
}
