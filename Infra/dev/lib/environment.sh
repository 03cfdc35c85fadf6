# shellcheck shell=bash
# The configuration each service is started with.
: "${here:?}" "${state:?}"

bootstrap_servers() {
    printf '%s' "${KAFKA_BOOTSTRAP_SERVERS:-127.0.0.1:$(port_of broker)}"
}

# Writes environment/<service>, read by the shell that starts it.
write_environment() { # service
    {
        common_environment "$1"
        if declare -F "${1}_environment" >/dev/null; then "${1}_environment"; fi
    } | while IFS='=' read -r name value; do printf '%s=%q\n' "$name" "$value"; done >"$state/environment/$1"
}

# A member of a consumer group that was killed gives its partitions up after 6 s, the least that Kafka allows by default.
common_environment() { # service
    cat <<VARIABLES
HOSO_MODE=development
HOSO_LOG_FORMAT=human
HOSO_HTTP_PORT=$(port_of "$1")
HOSO_DATABASE_URL=$(service_url "$1")
HOSO_KAFKA_BOOTSTRAP_SERVERS=$(bootstrap_servers)
HOSO_KAFKA_PROPERTIES=session.timeout.ms=6000,heartbeat.interval.ms=2000
HOSO_IDENTITY_ISSUER=$(url_of identity)
HOSO_IDENTITY_KEYS=$state/identity/jwks.json
VARIABLES
    # On the embedded broker the names are as they are; it has one suite only.
    if [[ -n ${KAFKA_BOOTSTRAP_SERVERS:-} && -n ${HOSO_KAFKA_NAMESPACE:-} ]]; then
        printf 'HOSO_KAFKA_NAMESPACE=%s\n' "$HOSO_KAFKA_NAMESPACE"
    fi
}

# What the stand-ins of the gateways believe, too.
dues_environment() {
    cat <<VARIABLES
HOSO_DUES_VNPAY_MERCHANT=DEMO0001
HOSO_DUES_VNPAY_SECRET=SECRETKEY
HOSO_DUES_VNPAY_PAY_URL=$(url_of gateway)/paymentv2/vpcpay.html
HOSO_DUES_VNPAY_RETURN_URL=$(url_of dues)/
HOSO_DUES_VNPAY_STATUS_URL=$(url_of gateway)/merchant_webapi/api/transaction
HOSO_DUES_VNPAY_REFUND_URL=$(url_of gateway)/merchant_webapi/api/transaction
HOSO_DUES_VNPAY_REFUND_STATUS_URL=$(url_of gateway)/merchant_webapi/api/transaction
HOSO_DUES_PORTAL_PARTNER=PARTNER
HOSO_DUES_PORTAL_SECRET=SECRET
HOSO_DUES_PORTAL_REQUEST_URL=$(url_of portal)/request
HOSO_DUES_PORTAL_STATUS_URL=$(url_of portal)/status
HOSO_DUES_PORTAL_REFUND_URL=$(url_of portal)/refund
HOSO_DUES_PORTAL_REFUND_STATUS_URL=$(url_of portal)/refund-status
HOSO_DUES_PORTAL_UNKNOWN_REFUND_CODES=01
HOSO_DUES_MOMO_PARTNER=MOMO
HOSO_DUES_MOMO_ACCESS_KEY=AK
HOSO_DUES_MOMO_SECRET=SK
HOSO_DUES_MOMO_CREATE_URL=$(url_of momo)/v2/gateway/api/create
HOSO_DUES_MOMO_STATUS_URL=$(url_of momo)/v2/gateway/api/query
HOSO_DUES_MOMO_REFUND_URL=$(url_of momo)/v2/gateway/api/refund
HOSO_DUES_MOMO_REFUND_STATUS_URL=$(url_of momo)/v2/gateway/api/refund/query
HOSO_DUES_MOMO_RETURN_URL=$(url_of dues)/
HOSO_DUES_MOMO_CALLBACK_URL=$(url_of dues)/v1/gateways/momo/ipn
HOSO_DUES_RECEIPTS_DOCUMENTS_URL=$(url_of signing)
VARIABLES
}

# The seal lies in a software token, as it would in hardware.
signing_environment() {
    local pki="$state/pki"
    cat <<VARIABLES
SOFTHSM2_CONF=$pki/softhsm2.conf
HOSO_SIGNING_PROVIDER=pkcs11
HOSO_SIGNING_PKCS11_MODULE=$(readlink -f /usr/lib/softhsm/libsofthsm2.so)
HOSO_SIGNING_PKCS11_TOKEN=hoso-demonstration
HOSO_SIGNING_PKCS11_LABEL=organization-seal
HOSO_SIGNING_PKCS11_PIN_FILE=$pki/pin.txt
HOSO_SIGNING_PKCS11_CHAIN=$pki/chain.pem
HOSO_SIGNING_TRUST_PUBLIC_ROOTS=$pki/root.pem
HOSO_SIGNING_TRUST_REVOCATION_LISTS=$pki/root.crl,$pki/issuing.crl
HOSO_SIGNING_PUBLIC_URL=$(url_of signing)
VARIABLES
}

# Mail and short messages go to the stand-ins, without TLS: they never leave this machine.
notification_environment() {
    cat <<VARIABLES
HOSO_NOTIFICATION_SMTP_SERVER=smtp://127.0.0.1:$(port_of smtp)
HOSO_NOTIFICATION_SMTP_SENDER=hoso@hoso.example
HOSO_NOTIFICATION_SMTP_REQUIRE_TLS=false
HOSO_NOTIFICATION_SMS_URL=$(url_of sms)/messages
VARIABLES
}

# Who is asked under which name an account is kept, and where the Party Member Database and figures are pulled from.
directory_environment() {
    cat <<VARIABLES
HOSO_DIRECTORY_ACCOUNT_INQUIRY_URL=$(url_of bank)/accounts
HOSO_DIRECTORY_IMPORTS_SOURCE_URL=$(url_of partydb)
HOSO_DIRECTORY_FIGURES_SOURCE_URL=$(url_of insurance)
VARIABLES
}

# Whom the console asks for their health.
console_environment() {
    local service addresses=''
    for service in intake routing dues signing notification directory; do
        addresses+="${addresses:+,}$service=$(url_of "$service")"
    done
    printf 'HOSO_CONSOLE_SERVICES=%s\n' "$addresses"
}

# Where the applicant fetches his result.
intake_environment() {
    printf 'HOSO_INTAKE_RESULTS_URL=%s\n' "$(url_of signing)"
}
