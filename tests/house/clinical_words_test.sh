#!/usr/bin/env bash
# Clinical knowledge stands in config/asps only: no drug, disease or code of it in the program, but for an example in a comment
# and main.cpp, which says what the program is for.
mapfile -t files < <(find fhir cards hooks \( -name '*.cpp' -o -name '*.hpp' \) ! -path hooks/main.cpp)
found=$(perl -ne '
    (my $code = $_) =~ s{(?<!:)//.*}{};
    print "$ARGV:$.: $_" if $code =~ /doxorubicin|pembrolizumab|pazopanib|sarcoma|metasta|404056007|9581/i;
    close ARGV if eof;' "${files[@]}")
[[ -z $found ]] || { echo "This belongs into config/asps:" && echo "$found" && exit 1; }
