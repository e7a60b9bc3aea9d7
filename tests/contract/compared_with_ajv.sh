#!/usr/bin/env bash
# compare.mjs where its packages are; else CTest reports it as skipped. Nothing is installed here: ./dev oracle does.
command -v node >/dev/null || { echo "skipped: no node; ./dev setup installs it" && exit 77; }
[[ -e contract/node_modules/.package-lock.json ]] || { echo "skipped: no ajv; ./dev oracle installs it" && exit 77; }
exec node contract/compare.mjs "$1"
