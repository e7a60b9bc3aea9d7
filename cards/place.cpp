// Place: the line of a file on which an element stands, and the part of an expression in which a fault lies.
#include "cards/place.hpp"

#include "fhir/fhirpath/error.hpp"

#include <algorithm>
#include <vector>

namespace cards {

namespace {

/// Steps through JSON that has been parsed before, so it is well-formed.
class Walk {
  public:
    explicit Walk(std::string_view text) : text_(text) { skip_space(); }
    std::size_t at() const { return at_; }

    /// From an object or array to the value of its child number `index`.
    void enter(std::size_t index) {
        const bool is_object = text_[at_] == '{';
        ++at_;
        for (std::size_t i = 0;; ++i) {
            skip_space();
            if (is_object) {
                skip_string();
                skip_space();
                ++at_;  // the colon
                skip_space();
            }
            if (i == index) return;
            skip_value();
            skip_space();
            ++at_;  // the comma
        }
    }

  private:
    void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
    void skip_string() {
        for (++at_; text_[at_] != '"'; ++at_)
            if (text_[at_] == '\\') ++at_;
        ++at_;
    }
    void skip_value() {
        std::size_t depth = 0;
        do {
            const char c = text_[at_];
            if (c == '"') {
                skip_string();
                continue;
            }
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            ++at_;
        } while (depth > 0 || (at_ < text_.size() && text_.find_first_of(",}] \t\r\n", at_) != at_));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

std::size_t index_of(const fhir::Node& node) {
    std::size_t index = 0;
    for (const fhir::Node& sibling : node.parent->children()) {
        if (&sibling == &node) break;
        ++index;
    }
    return index;
}

}  // namespace

std::size_t line_of(const fhir::Document& document, const fhir::Node& node) {
    std::vector<std::size_t> path;
    for (const fhir::Node* step = &node; step->parent != nullptr; step = step->parent)
        path.push_back(index_of(*step));
    Walk walk(document.text());
    std::for_each(path.rbegin(), path.rend(), [&](std::size_t index) { walk.enter(index); });
    const std::string_view before = document.text().substr(0, walk.at());
    return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

std::string excerpt(std::string_view expression, std::size_t position) {
    std::string shown = "\n" + fhirpath::pointed_out(expression, position);
    shown.pop_back();  // the line break at its end
    return shown;
}

}  // namespace cards
