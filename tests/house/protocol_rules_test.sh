#!/usr/bin/env bash
# Every rule of the CDS Hooks digest that binds a service is cited by a test ("R-14", or a range "T-1 to T-9"); with --table, which files cite which.
# The digest (spec/cds-hooks.md) is not in the repository: where it is not beside it, this test is skipped.
set -euo pipefail
digest=${DIGEST:-../shared/spec/cds-hooks.md}
[[ -f $digest ]] || { echo "skipped: $digest is not there" && exit 0; }

# Not ours to test here, each with its reason. A rule that is cited must leave the list.
declare -A elsewhere=(
    [X-1]='TLS is the proxy'"'"'s until the service speaks it itself' [X-2]='likewise'
    [R-10]='measured by ./dev bench, for a test must not depend on the clock'
)
families='J|D|T|R|P|A|S|C|O|L|SG|AC|Y|F|H|E|V|X|K|W'

# Rows "| R-11 | POL | S | …", where the third column names the service; and policies (POL) for either.
bound=$(awk -F' *\\| *' -v families="^($families)-[0-9]+$" '
    $2 ~ families && ($4 ~ /(^| )S( |$)/) { print $2 }
    $2 == "" { next }' "$digest"; grep -oE '^H-[0-9]+ \(POL\)|H-[0-9]+: there' "$digest" | grep -oE 'H-[0-9]+')

# Citations: every id, and those in between of "T-1 to T-9". Those of conformance_test speak of services made to fail, not of ours.
cited=$(grep -rhoP "(?<![-\w])($families)-[0-9]+( to ($families)-[0-9]+)?\b" tests --include='*_test.cpp' --include='hooks_check.cpp' --exclude=conformance_test.cpp |
    awk '{ split($1, a, "-"); last = a[2]; if (NF == 3) { split($3, b, "-"); last = b[2] }
           for (i = a[2]; i <= last; ++i) print a[1] "-" i }' | sort -u)

if [[ ${1:-} == --table ]]; then
    for rule in $bound; do
        files=$(grep -rlwE "$rule" tests --include='*_test.cpp' --include='hooks_check.cpp' --exclude=conformance_test.cpp | sed 's|tests/||' | paste -sd' ' || true)
        echo "| $rule | ${files:-${elsewhere[$rule]:-in a range}} |"
    done
    exit 0
fi
bad=0
for rule in $bound; do
    if grep -qx -- "$rule" <<<"$cited"; then
        [[ -z ${elsewhere[$rule]:-} ]] || { echo "$rule: is cited; take it from the list of others' rules" && bad=1; }
    else
        [[ -n ${elsewhere[$rule]:-} ]] || { echo "$rule: binds the service, and no test cites it" && bad=1; }
    fi
done
(($(wc -w <<<"$bound") > 120)) || { echo "only $(wc -w <<<"$bound") rules found in $digest: has its form changed?" && bad=1; }
exit $bad
