#!/usr/bin/env bash
# The units are what systemd understands, and the sandbox stays closed: at most 1.5 of systemd's 10 (R13).
set -euo pipefail
command -v systemd-analyze >/dev/null || exit 77
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for unit in deploy/asps-cds.service deploy/asps-cds.socket; do
    sed "s#/usr/bin/asps-cds#$program#" "$unit" >"$folder/${unit##*/}"
done

found=$(SYSTEMD_UNIT_PATH="$folder:" systemd-analyze verify --man=no "$folder"/asps-cds.{service,socket} 2>&1 |
    grep -F asps-cds || true)
[[ -z $found ]] || { echo "$found" && exit 1; }
systemd-analyze security --offline=true --no-pager --threshold=15 "$folder/asps-cds.service" | tail -1
