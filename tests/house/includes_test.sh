#!/usr/bin/env bash
# Includes point one way: fhir/ sees only itself, cards/ sees fhir/, hooks/ sees both; no umbrella headers;
# RapidXML stands behind one wrapper.
found=$(
    grep -rnE '^ *#include "' fhir | grep -vE '#include "fhir/'
    grep -rnE '^ *#include "' cards | grep -vE '#include "(fhir|cards)/'
    grep -rnE '^ *#include "' hooks | grep -vE '#include "(fhir|cards|hooks)/'
    grep -rnE '^ *#include <boost/(asio|beast)' fhir cards
    grep -rnE '^ *#include <boost/(asio|beast|beast/http)\.hpp>' fhir cards hooks tests
    grep -rnE '^ *#include <rapidxml' fhir cards hooks | grep -v '^fhir/xml_tree.hpp:'
)
[[ -z $found ]] || { echo "These includes point the wrong way:" && echo "$found" && exit 1; }
