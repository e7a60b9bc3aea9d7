#!/usr/bin/env bash
# Includes point one way: fhir/ sees only itself, cards/ sees fhir/, hooks/ sees both; within fhir/ its files,
# then system/, fhirpath/, fhirpath/authoring/, each seeing what stands before it; no umbrella headers; RapidXML
# stands behind one wrapper.
found=$(
    grep -rnE '^ *#include "' fhir | grep -vE '#include "fhir/'
    grep -nE '^ *#include "fhir/(system|fhirpath)/' fhir/*.?pp
    grep -nE '^ *#include "fhir/fhirpath/' fhir/system/*
    grep -nE '^ *#include "fhir/fhirpath/authoring/' fhir/fhirpath/*.?pp
    grep -rnE '^ *#include "' cards | grep -vE '#include "(fhir|cards)/'
    grep -rnE '^ *#include "' hooks | grep -vE '#include "(fhir|cards|hooks)/'
    grep -rnE '^ *#include <boost/(asio|beast)' fhir cards
    grep -rnE '^ *#include <boost/(asio|beast|beast/http)\.hpp>' fhir cards hooks tests
    grep -rnE '^ *#include <rapidxml' fhir cards hooks | grep -v '^fhir/xml_tree.hpp:'
)
[[ -z $found ]] || { echo "These includes point the wrong way:" && echo "$found" && exit 1; }
