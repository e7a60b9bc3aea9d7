// Lexer: FHIRPath text to tokens with positions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fhirpath {

struct Token {
    enum class Kind {
        end,
        identifier,  ///< also keywords; `delimited` tells `div` from the operator div
        string,
        number,
        date,       ///< text without `@`
        date_time,  ///< text without `@`, with the T
        time,       ///< text without `@T`
        variable,   ///< text without `%`
        special,    ///< $this, $index, $total; text with the `$`
        symbol      ///< ( ) [ ] { } . , + - * / & | = ~ < > != !~ <= >=
    };
    Kind kind = Kind::end;
    std::string text;  ///< escapes resolved
    std::size_t position = 0;
    bool delimited = false;

    bool is(std::string_view symbol) const { return kind == Kind::symbol && text == symbol; }
    bool is_word(std::string_view word) const {
        return kind == Kind::identifier && !delimited && text == word;
    }
};

/// The tokens of `text`, ended by one of kind `end`. Throws Error (syntax).
std::vector<Token> tokens(std::string_view text);

}  // namespace fhirpath
