// Parse: a handler for Boost.JSON's events that builds nodes and refuses what could be misread.
#include "fhir/parse.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace fhir {

namespace {

namespace json = boost::json;

/// Receives the parser's events. Strings without escapes stay where they are in the text; parts are gathered
/// in the arena.
class Handler {
  public:
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    Handler(std::string_view text, std::pmr::memory_resource& arena, const ParseLimits& limits)
        : text_(text),
          builder_(arena),
          model_(Model::r4()),
          resource_type_(model_.name_id("resourceType")),
          shown_(limits.shown),
          frames_(&arena),
          parts_(&arena) {
        frames_.reserve(limits.depth + 1);
    }

    const Node* root() const { return root_; }
    std::optional<Issue>& issue() { return issue_; }

    /// Where the parser stands now: the value that was being read.
    std::string path() const {
        if (top_ == nullptr) return {};
        std::string path = path_of(*top_->node, shown_);
        if (top_->node->is_object() && !key_.empty()) {
            if (!path.empty()) path += '.';
            path += shown_(key_);
        }
        return path;
    }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }

    bool on_object_begin(json::error_code&) { return open(Kind::object); }
    bool on_array_begin(json::error_code&) { return open(Kind::array); }
    bool on_array_end(std::size_t, json::error_code&) {
        close();
        return true;
    }
    bool on_object_end(std::size_t, json::error_code& ec) {
        const Node* twice = top_->may_repeat ? repeated_member(*top_->node) : nullptr;
        if (twice != nullptr) {
            issue_ = Issue{IssueCode::duplicate, "expected each member once, this one comes twice",
                           path_of(*twice, shown_)};
            return refuse(ec);
        }
        close();
        key_ = {};
        return true;
    }

    bool on_key_part(std::string_view part, std::size_t, json::error_code&) { return gather(part); }
    bool on_key(std::string_view part, std::size_t, json::error_code&) {
        key_ = finish(part);
        key_id_ = model_.name_id(key_);
        return true;
    }
    bool on_string_part(std::string_view part, std::size_t, json::error_code&) { return gather(part); }
    bool on_string(std::string_view part, std::size_t, json::error_code&) {
        Node& node = add(Kind::string);
        node.set_text(finish(part));
        if (node.name_id() == resource_type_ && top_ != nullptr && top_->node->is_object()) {
            const TypeId type = model_.type_id(node.text());
            if (type != 0 && model_.is_resource(type)) top_->node->resource_type = type;
        }
        return true;
    }

    bool on_number_part(std::string_view part, json::error_code&) { return gather(part); }
    bool on_int64(std::int64_t, std::string_view part, json::error_code&) { return number(part); }
    bool on_uint64(std::uint64_t, std::string_view part, json::error_code&) { return number(part); }
    bool on_double(double value, std::string_view part, json::error_code& ec) {
        number(part);
        if (!std::isfinite(value)) {
            issue_ = Issue{IssueCode::value, "expected a number that fits binary64, this one is too large",
                           path()};
            return refuse(ec);
        }
        return true;
    }
    bool on_bool(bool value, json::error_code&) {
        add(Kind::boolean).set_text(value ? "true" : "false");
        return true;
    }
    bool on_null(json::error_code&) {
        add(Kind::null);
        return true;
    }
    bool on_comment_part(std::string_view, json::error_code&) { return true; }
    bool on_comment(std::string_view, json::error_code&) { return true; }

  private:
    /// An object or array that is open.
    struct Frame {
        Node* node;
        Node* last = nullptr;
        std::uint64_t seen = 0;   // a bit for every 64th name: nearly always enough to see that all differ
        bool may_repeat = false;  // two members share a bit, or R4 lacks a name
    };

    static bool refuse(json::error_code& ec) {
        ec = make_error_code(json::error::exception);
        return false;
    }

    [[gnu::always_inline]] Node& add(Kind kind) {  // for each value there is
        if (top_ == nullptr) {
            root_ = builder_.make(kind);
            return *root_;
        }
        Frame& frame = *top_;
        Node* node = nullptr;
        if (frame.node->is_array()) {
            node = builder_.make(kind, frame.node->name_id());
        } else {
            // An empty name is legal JSON and no FHIR: it stays nameless.
            node = key_id_ != 0 ? builder_.make(kind, key_id_) : builder_.make(kind, key_);
            const std::uint64_t bit = std::uint64_t{1} << ((key_id_ / 2 + 32 * key_id_) % 64);
            frame.may_repeat = frame.may_repeat || key_id_ == 0 || (frame.seen & bit) != 0;
            frame.seen |= bit;
        }
        frame.last = TreeBuilder::append(frame.node, frame.last, node);
        return *node;
    }

    bool open(Kind kind) {
        Node& node = add(kind);
        top_ = &frames_.emplace_back(Frame{&node});
        key_ = {};
        return true;
    }

    void close() {
        frames_.pop_back();
        top_ = frames_.empty() ? nullptr : &frames_.back();
    }

    bool number(std::string_view part) {
        add(Kind::number).set_text(finish(part));
        return true;
    }

    bool gather(std::string_view part) {
        parts_.append(part);
        return true;
    }

    std::string_view finish(std::string_view part) {
        const bool is_view = parts_.empty() && part.data() >= text_.data() &&
                             part.data() + part.size() <= text_.data() + text_.size();
        if (is_view) return part;
        parts_.append(part);
        const std::string_view kept = builder_.keep(parts_);
        parts_.clear();
        return kept;
    }

    /// J-8: two members of one name could name two patients. All names of an object are known when it ends,
    /// so one pass with a stamp for each R4 name finds them in any size of object; names that R4 lacks are
    /// sorted.
    const Node* repeated_member(const Node& object) {
        if (object.first_child->next == nullptr) return nullptr;
        const Node* twice = nullptr;
        // Static, for clearing it would cost more than the pass; a stamp is never used again.
        static thread_local std::vector<std::uint64_t> stamps(model_.name_count());
        static thread_local std::uint64_t stamp = 0;
        ++stamp;
        std::pmr::vector<const Node*> others(&builder_.arena());
        for (const Node& child : object.children()) {
            if (child.name_id() == 0) {
                others.push_back(&child);
            } else if (std::exchange(stamps[child.name_id()], stamp) == stamp) {
                return &child;
            }
        }
        std::stable_sort(others.begin(), others.end(),
                         [](const Node* a, const Node* b) { return a->name() < b->name(); });
        for (std::size_t i = 1; i < others.size(); ++i) {
            if (others[i - 1]->name() == others[i]->name()) twice = others[i];
        }
        return twice;
    }

    std::string_view text_;
    TreeBuilder builder_;
    const Model& model_;
    const NameId resource_type_;
    const NameShown shown_;
    std::pmr::vector<Frame> frames_;
    Frame* top_ = nullptr;  // the last of them
    std::pmr::string parts_;
    std::string_view key_;
    NameId key_id_ = 0;
    Node* root_ = nullptr;
    std::optional<Issue> issue_;
};

Issue syntax_issue(const json::error_code& ec, std::string_view text, std::size_t offset, std::string path,
                   const ParseLimits& limits) {
    if (ec == json::error::too_deep) {
        return {IssueCode::structure,
                "expected at most " + std::to_string(limits.depth) + " levels of nesting", std::move(path)};
    }
    return {IssueCode::structure,
            "expected JSON (RFC 8259): " + ec.message() + " at " + place_of(text, offset), std::move(path)};
}

}  // namespace

std::string place_of(std::string_view text, std::size_t offset) {
    offset = std::min(offset, text.size());
    const std::string_view before = text.substr(0, offset);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return "line " + std::to_string(line) + ", column " + std::to_string(offset - line_start + 1);
}

Result<const Node*> parse_json(std::string_view text, std::pmr::memory_resource& arena,
                               const ParseLimits& limits) {
    if (text.size() > limits.bytes) {
        return Issue{IssueCode::too_long, "expected at most " + std::to_string(limits.bytes) + " bytes", ""};
    }
    json::parse_options options;
    options.max_depth = limits.depth;
    json::basic_parser<Handler> parser(options, text, arena, limits);
    json::error_code ec;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
    Handler& handler = parser.handler();
    if (handler.issue()) return std::move(*handler.issue());
    if (!ec && used < text.size()) ec = make_error_code(json::error::extra_data);
    if (ec) return syntax_issue(ec, text, used, handler.path(), limits);
    return handler.root();
}

}  // namespace fhir
