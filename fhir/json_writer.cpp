// JsonWriter: JSON text appended to a string.
#include "fhir/json_writer.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace fhir {

namespace {

/// Bytes that JSON wants escaped.
constexpr std::array<bool, 256> escaped = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
    table['"'] = table['\\'] = true;
    return table;
}();

/// How many bytes at the start need no escape: eight at a time, then one by one.
std::size_t clean_size(std::string_view text) {
    constexpr auto eight_times = [](unsigned char c) { return 0x0101010101010101ULL * c; };
    // The top bit of a byte is set if one of the bytes up to it is less than `limit`.
    const auto below = [&](std::uint64_t word, unsigned char limit) {
        return (word - eight_times(limit)) & ~word;
    };
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof word);
        const std::uint64_t found =
            below(word, 0x20) | below(word ^ eight_times('"'), 1) | below(word ^ eight_times('\\'), 1);
        if ((found & eight_times(0x80)) != 0) break;
    }
    while (at < text.size() && !escaped[static_cast<unsigned char>(text[at])]) ++at;
    return at;
}

}  // namespace

void write_json_string(std::string& out, std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    out += '"';
    for (;;) {
        const std::size_t clean = clean_size(text);
        out.append(text, 0, clean);
        if (clean == text.size()) break;
        const auto c = static_cast<unsigned char>(text[clean]);
        text.remove_prefix(clean + 1);
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                out += "\\u00";
                out += hex[c >> 4];
                out += hex[c & 15];
        }
    }
    out += '"';
}

void write_json(std::string& out, const Node& node) {
    switch (node.kind) {
        case Kind::object: {
            out += '{';
            bool first = true;
            for (const Node& child : node.children()) {
                if (!first) out += ',';
                first = false;
                write_json_string(out, child.name());
                out += ':';
                write_json(out, child);
            }
            out += '}';
            break;
        }
        case Kind::array: {
            out += '[';
            bool first = true;
            for (const Node& child : node.children()) {
                if (!first) out += ',';
                first = false;
                write_json(out, child);
            }
            out += ']';
            break;
        }
        case Kind::string:
            write_json_string(out, node.text());
            break;
        case Kind::number:
        case Kind::boolean:
            out += node.text();
            break;
        case Kind::null:
            out += "null";
            break;
    }
}

void JsonWriter::comma() {
    if (!first_) out_ += ',';
    first_ = false;
}

void JsonWriter::begin_object() {
    comma();
    out_ += '{';
    first_ = true;
}

void JsonWriter::end_object() {
    out_ += '}';
    first_ = false;
}

void JsonWriter::begin_array() {
    comma();
    out_ += '[';
    first_ = true;
}

void JsonWriter::end_array() {
    out_ += ']';
    first_ = false;
}

void JsonWriter::key(std::string_view name) {
    comma();
    write_json_string(out_, name);
    out_ += ':';
    first_ = true;  // the value that follows needs no comma
}

void JsonWriter::value(std::string_view text) {
    comma();
    write_json_string(out_, text);
}

void JsonWriter::value(bool flag) {
    comma();
    out_ += flag ? "true" : "false";
}

void JsonWriter::value(std::int64_t number) {
    comma();
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out_.append(digits.data(), end);
}

void JsonWriter::written(std::string_view json) {
    comma();
    out_ += json;
}

void JsonWriter::value(const Node& node) {
    comma();
    write_json(out_, node);
}

}  // namespace fhir
