// The seal stands at the end of a line in one fixed form, so that no JSON needs to be parsed to check it.
#include "hooks/decision_chain.hpp"

#include "hooks/digest.hpp"

#include <algorithm>
#include <charconv>

namespace hooks {

namespace {

constexpr std::string_view sequence_member = R"(,"seq":)", before_member = R"(,"prev":")",
                           hash_member = R"(,"hash":")";
constexpr std::string_view event_start = R"({"event":")";
constexpr std::size_t hash_digits = 64;

bool is_hash(std::string_view text) {
    return text.size() == hash_digits && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

/// Walks over the lines of one or several files.
class Verifier {
  public:
    Verifier(const std::optional<ChainEnd>& end, std::string_view wanted)
        : is_first_file_(!end), wanted_(wanted) {
        if (end) report_.end = *end;
    }

    ChainReport run(std::istream& in) {
        std::string line;
        while (!report_.fault && std::getline(in, line)) {
            ++report_.lines;
            take(line, in.eof());
        }
        if (!report_.fault && cut_line_ != 0) fail(cut_line_, "cut off, and nothing says why");
        if (!report_.fault && report_.lines == 0) report_.notes.emplace_back("no line");
        return std::move(report_);
    }

  private:
    void fail(std::size_t line, std::string what) { report_.fault = {line, std::move(what)}; }
    void note(const std::string& what) {
        report_.notes.push_back("line " + std::to_string(report_.lines) + ": " + what);
    }

    void take(std::string_view line, bool ends_without_line_feed) {
        const std::optional<Seal> seal = seal_of(line);
        if (!seal) {
            if (cut_line_ != 0) return fail(cut_line_, "not a line of the chain");
            cut_line_ = report_.lines;
            return;
        }
        if (seal->hash != sha256_hex({seal->text})) {
            return fail(report_.lines, "changed: its hash is another");
        }
        const std::string_view event = event_of(line);
        if (cut_line_ != 0 && event != chain_events::interrupted) {
            return fail(cut_line_, "changed or inserted: not a line of the chain");
        }
        if (!follows(*seal, event)) return;
        if (cut_line_ != 0) {
            note("the line before was cut off when the writer died");
            cut_line_ = 0;
        } else if (event == chain_events::interrupted) {
            return fail(report_.lines, "the cut line before it was removed");
        }
        if (event == "decision") ++report_.decisions;
        if (event == chain_events::lost) note("decisions could not be kept; the line says how many");
        if (ends_without_line_feed) note("ends without a line feed");
        report_.end = {seal->sequence, std::string(seal->hash)};
        if (seal->hash == wanted_) report_.has_wanted = true;
    }

    /// Whether the line stands in its place; else the fault is told.
    bool follows(const Seal& seal, std::string_view event) {
        const std::uint64_t expected = report_.end.sequence + 1;
        const bool is_first = report_.lines == 1 && is_first_file_;
        if (is_first && event == chain_events::continued) {
            note("continues line " + std::to_string(seal.sequence - 1) + " of an earlier file, hash " +
                 std::string(seal.before));
            return true;
        }
        if (seal.sequence == expected && seal.before == report_.end.hash) return true;
        if (seal.sequence == 1 && event == chain_events::begun) {
            fail(report_.lines, "begins anew: what was between is not proven");
        } else if (seal.sequence > expected) {
            fail(report_.lines, "number " + std::to_string(seal.sequence) + " where " +
                                    std::to_string(expected) +
                                    " was expected: lines before it were removed, or it was moved");
        } else if (seal.sequence < expected) {
            fail(report_.lines, "number " + std::to_string(seal.sequence) + " where " +
                                    std::to_string(expected) + " was expected: inserted, repeated or moved");
        } else {
            fail(report_.lines, "does not follow the line before it: that one or this was replaced");
        }
        return false;
    }

    ChainReport report_;
    const bool is_first_file_;
    const std::string_view wanted_;
    std::size_t cut_line_ = 0;  // a line without a seal that is not explained yet
};

}  // namespace

void append_sealed(std::string& out, std::string_view line, ChainEnd& end) {
    const std::size_t start = out.size();
    line.remove_suffix(1);  // the closing brace
    ++end.sequence;
    out.append(line).append(sequence_member).append(std::to_string(end.sequence));
    out.append(before_member).append(end.hash).append("\"");
    end.hash = sha256_hex({std::string_view(out).substr(start)});
    out.append(hash_member).append(end.hash).append("\"}\n");
}

std::optional<Seal> seal_of(std::string_view line) {
    constexpr std::string_view close = "\"}";
    const std::size_t tail = hash_member.size() + hash_digits + close.size();
    if (line.size() < tail || !line.starts_with(event_start) || !line.ends_with(close)) return std::nullopt;
    Seal seal;
    seal.text = line.substr(0, line.size() - tail);
    seal.hash = line.substr(seal.text.size() + hash_member.size(), hash_digits);
    if (!line.substr(seal.text.size()).starts_with(hash_member) || !is_hash(seal.hash)) return std::nullopt;

    const std::size_t before = before_member.size() + hash_digits + 1;
    if (seal.text.size() < before || !seal.text.ends_with('"')) return std::nullopt;
    const std::string_view numbered = seal.text.substr(0, seal.text.size() - before);
    seal.before = seal.text.substr(numbered.size() + before_member.size(), hash_digits);
    if (!seal.text.substr(numbered.size()).starts_with(before_member) || !is_hash(seal.before))
        return std::nullopt;

    const std::size_t at = numbered.rfind(sequence_member);
    if (at == std::string_view::npos) return std::nullopt;
    const char* const end = numbered.data() + numbered.size();
    const auto [stop, ec] =
        std::from_chars(numbered.data() + at + sequence_member.size(), end, seal.sequence);
    if (ec != std::errc{} || stop != end || seal.sequence == 0) return std::nullopt;
    return seal;
}

std::string_view event_of(std::string_view line) {
    if (!line.starts_with(event_start)) return {};
    line.remove_prefix(event_start.size());
    return line.substr(0, line.find('"'));
}

ChainReport verify_chain(std::istream& in, const std::optional<ChainEnd>& end, std::string_view wanted) {
    return Verifier(end, wanted).run(in);
}

}  // namespace hooks
