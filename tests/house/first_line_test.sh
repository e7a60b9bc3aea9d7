#!/usr/bin/env bash
# Every C++ file opens with a comment that says in a sentence what it is for.
bad=0
while read -r file; do
    head -n 1 "$file" | grep -qE '^// (\S+ ){4}' || { echo "$file: does not begin with a comment of some words" && bad=1; }
done < <(find fhir cards hooks tests -name '*.cpp' -o -name '*.hpp')
exit $bad
