// DecisionChain: lines of JSON of which each holds the hash of the one before, so that what was changed,
// removed, inserted or reordered since shows.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// Where a chain ends: the number and hash of its last line. The default: before the first line.
struct ChainEnd {
    std::uint64_t sequence = 0;
    std::string hash = std::string(64, '0');
};

/// Events of lines that are no decisions but belong to the chain.
namespace chain_events {
inline constexpr std::string_view begun = "begun";          ///< the first line of all
inline constexpr std::string_view continued = "continued";  ///< the first of a file that follows another
inline constexpr std::string_view interrupted =
    "interrupted";                                ///< the line before was cut off: the writer died
inline constexpr std::string_view lost = "lost";  ///< so many decisions could not be kept
}  // namespace chain_events

/// Appends `{"event":...}` as the next line of the chain: with its number, the hash before it, its own, and a
/// line feed. `end` moves on. The hash is SHA-256 of everything that stands before it in the line.
void append_sealed(std::string& out, std::string_view line, ChainEnd& end);

/// What the end of a sealed line (without its line feed) says; nullopt if it is none. Whether it is true, it
/// does not say.
struct Seal {
    std::uint64_t sequence = 0;
    std::string_view before, hash, text;  ///< text: what the hash is of
};
std::optional<Seal> seal_of(std::string_view line);

/// `"event"` of a line.
std::string_view event_of(std::string_view line);

/// What a chain was found to be.
struct ChainReport {
    std::size_t lines = 0, decisions = 0;
    struct Fault {
        std::size_t line = 0;
        std::string what;
    };
    std::optional<Fault> fault;      ///< the first place that shows tampering
    std::vector<std::string> notes;  ///< what is worth knowing and no fault
    ChainEnd end;
    bool has_wanted = false;  ///< a line has the hash that was asked for
};

/// Checks the lines in `in`. `end`: where the file before it ended, which this one must continue; nullopt:
/// this is the first one. `wanted`: a hash that was noted down earlier and must still be there.
ChainReport verify_chain(std::istream& in, const std::optional<ChainEnd>& end = std::nullopt,
                         std::string_view wanted = {});

}  // namespace hooks
