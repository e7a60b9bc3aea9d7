#!/usr/bin/env bash
# g++ 12 miscompiles temporaries born in a co_await expression: name them first (CONTRIBUTING.md, Decisions).
set -euo pipefail

# Statements with co_await that also have a braced value, a capturing lambda as argument, or ?: in them.
forbidden() {
    perl -0777 -ne '
        s{//[^\n]*}{}g;
        my $rest = qr/(?:(?!\)\s*\{|\]\s*\{)[^;{}?])*?/;
        while (/co_await\b$rest(?:[\w>(]\{|,\s*\{|[(,]\s*\[[^\]]+\]\s*[({]|\?)|[\w>]\{[^;{}]*\bco_await\b|\?[^;{}]*\bco_await\b/g) {
            my $line = 1 + (substr($_, 0, $-[0]) =~ tr/\n//);
            print "$ARGV:$line: $&\n";
        }' "$@"
}

wrong=('co_await handle({method, target});' 'co_await on_pool(pool, [text] { return verify(text); });'
    'auto card = ok ? co_await full() : co_await brief();' 'if (co_await count(Query{code}) == 0) co_return;'
    'co_return Card{title, co_await detail()};' 'co_await send(json::object{{"cards", 1}});'
    $'co_await handle(first,\n    {method, target});')
right=('co_await handle(std::move(request));' 'if (co_await is_open()) { send({1, 2}); }'
    'auto [ec, n] = co_await socket.async_read_some(buffers[i], quietly);' 'if (!co_await write(text)) co_return false;')
for line in "${wrong[@]}"; do [[ -n $(forbidden <<<"$line") ]] || { echo "not seen: $line" && exit 1; }; done
for line in "${right[@]}"; do [[ -z $(forbidden <<<"$line") ]] || { echo "wrongly seen: $line" && exit 1; }; done

mapfile -t files < <(grep -rlw co_await --include='*.cpp' --include='*.hpp' hooks tests || true)
((${#files[@]})) || exit 0
found=$(forbidden "${files[@]}")
[[ -z $found ]] || { echo "Name it before the co_await:" && echo "$found" && exit 1; }
