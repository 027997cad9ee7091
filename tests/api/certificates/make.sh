#!/bin/sh
# Makes the certificates that the tests of TLS failures use; most are valid from 2020 to 2120.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
echo 01 >"$work/serial"
: >"$work/index.txt"
cat >"$work/ca.cnf" <<EOF
[ca]
default_ca = authority
[authority]
database = $work/index.txt
serial = $work/serial
new_certs_dir = $work
default_md = sha256
policy = policy
copy_extensions = copy
[policy]
commonName = supplied
EOF

request() { # name, extension
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
        -keyout "$work/$1.key" -out "$work/$1.csr" -addext "$2"
}

sign() { # name, first day, last day, further arguments
    name=$1 first=$2 last=$3
    shift 3
    openssl ca -batch -config "$work/ca.cnf" -notext -startdate "$first" \
        -enddate "$last" -in "$work/$name.csr" -out "$work/$name.crt" "$@"
}

request authority basicConstraints=critical,CA:TRUE
sign authority 20200101000000Z 21200101000000Z -selfsign -keyfile "$work/authority.key"
cp "$work/authority.crt" authority.pem

issue() { # name, alternative name, first day, last day
    request "$1" "subjectAltName=$2"
    sign "$1" "$3" "$4" -cert authority.pem -keyfile "$work/authority.key"
    cat "$work/$1.key" "$work/$1.crt" >"$1.pem"
}
issue good DNS:localhost,IP:127.0.0.1 20200101000000Z 21200101000000Z
issue expired DNS:localhost,IP:127.0.0.1 20200101000000Z 20200102000000Z
issue early DNS:localhost,IP:127.0.0.1 21190101000000Z 21200101000000Z
issue elsewhere DNS:studio.example.com 20200101000000Z 21200101000000Z
