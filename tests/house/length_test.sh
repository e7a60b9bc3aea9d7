#!/usr/bin/env bash
# No C++ file is longer than 600 lines: look for the seam long before.
bad=0
while read -r lines file; do
    ((lines <= 600)) || { echo "$file: $lines lines" && bad=1; }
done < <(find fhir cards hooks tests \( -name '*.cpp' -o -name '*.hpp' \) -exec wc -l {} \;)
exit $bad
