// The members of each element one after the other; the first that is wrong is the answer.
#include "hooks/feedback_request.hpp"

#include "fhir/utf8.hpp"
#include "hooks/instant.hpp"
#include "hooks/uuid.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace hooks {

namespace {

using fhir::Issue;
using fhir::IssueCode;
using fhir::Kind;
using fhir::Node;

/// Of what was sent, its kind alone: a text may be about a patient wherever it stands.
std::string got(const Node& node) {
    switch (node.kind) {
        case Kind::object:
            return ", got an object";
        case Kind::array:
            return ", got an array";
        case Kind::null:
            return ", got null";
        case Kind::number:
            return ", got a number";
        case Kind::boolean:
            return ", got a boolean";
        case Kind::string:
            break;
    }
    return ", got a string";
}

std::string counted(std::size_t most, std::string_view what) {
    return "expected at most " + std::to_string(most) + " " + std::string(what);
}

/// Ids are compared as text, so that those of one card must be spelled alike.
std::string as_kept(std::string_view id) {
    constexpr std::string_view prefix = "urn:uuid:";
    const std::string_view bare = id.starts_with(prefix) ? id.substr(prefix.size()) : id;
    if (!is_uuid(bare)) return std::string(id);
    std::string lower(bare);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    return lower;
}

/// Reads one body and keeps the first thing that is wrong; from then on everything is absent.
class Reader {
  public:
    explicit Reader(const FeedbackLimits& limits) : limits_(limits) {}

    std::vector<Feedback> body(const Node& body) {
        std::vector<Feedback> all;
        if (!body.is_object()) {
            wrong(body, "expected an object with the array feedback" + got(body));
            return all;
        }
        const Node* elements = required(body, "feedback", Kind::array, "an array of feedback objects");
        if (!elements) return all;
        if (elements->children().empty()) wrong(*elements, "expected at least one feedback object");
        for (const Node& element : elements->children()) {
            if (all.size() == limits_.elements) wrong(*elements, counted(limits_.elements, "elements"));
            if (issue_) break;
            all.push_back(this->element(element));
        }
        return all;
    }

    std::optional<Issue> issue() { return std::move(issue_); }

  private:
    Feedback element(const Node& element) {
        Feedback feedback;
        if (!element.is_object()) {
            wrong(element, "expected an object with card, outcome and outcomeTimestamp" + got(element));
            return feedback;
        }
        feedback.card = id(element, "card", "the uuid of a card");
        feedback.outcome = outcome(element);
        feedback.timestamp = timestamp(element);
        if (feedback.outcome == Feedback::Outcome::accepted) {
            feedback.accepted_suggestions = suggestions(element);
            only_with(element, "overrideReason", "overridden");
        } else {
            only_with(element, "acceptedSuggestions", "accepted");
            read_reason(element, feedback);
        }
        return feedback;
    }

    Feedback::Outcome outcome(const Node& element) {
        constexpr std::string_view expected = "\"accepted\" or \"overridden\"";  // F-4
        const Node* outcome = required(element, "outcome", Kind::string, expected);
        if (!outcome || outcome->text() == "accepted") return Feedback::Outcome::accepted;
        if (outcome->text() != "overridden")
            wrong(*outcome, "expected " + std::string(expected) + got(*outcome));
        return Feedback::Outcome::overridden;
    }

    std::string timestamp(const Node& element) {
        constexpr std::string_view expected = "a date-time such as 2026-03-02T09:14:07.120Z";  // F-9
        const Node* text = required(element, "outcomeTimestamp", Kind::string, expected);
        if (!text) return {};
        const auto instant = read_instant(text->text());
        if (!instant) {
            wrong(*text, "expected " + std::string(expected) + got(*text));
            return {};
        }
        return utc_text(*instant);
    }

    std::vector<std::string> suggestions(const Node& element) {
        std::vector<std::string> ids;
        const Node* list =  // F-5
            required(element, "acceptedSuggestions", Kind::array,
                     "with \"accepted\" an array of objects such as {\"id\": \"<suggestion.uuid>\"}");
        if (!list) return ids;
        if (list->children().empty()) wrong(*list, "expected at least one accepted suggestion");
        for (const Node& item : list->children()) {
            if (ids.size() == limits_.suggestions) wrong(*list, counted(limits_.suggestions, "suggestions"));
            if (!issue_ && !item.is_object())
                wrong(item, "expected an object such as {\"id\": \"<suggestion.uuid>\"}" + got(item));
            if (issue_) break;
            ids.push_back(id(item, "id", "the uuid of a suggestion"));
        }
        return ids;
    }

    void read_reason(const Node& element, Feedback& feedback) {
        const Node* given = optional(element, "overrideReason", Kind::object, "an object");
        if (!given) return;
        const Node* reason = optional(*given, "reason", Kind::object, "a Coding");
        const Node* comment = optional(*given, "userComment", Kind::string, "a string");
        if (reason) {
            feedback.reason_code = short_text(*reason, "code", limits_.text, true);
            feedback.reason_system = short_text(*reason, "system", limits_.uri, false);
            feedback.reason_display = short_text(*reason, "display", limits_.text, false);
        }
        if (comment) {
            if (fhir::code_points(comment->text()) > limits_.comment)
                wrong(*comment, counted(limits_.comment, "characters"));
            feedback.comment = comment->text();
        }
        if (!reason && feedback.comment.empty())  // F-8, cds-fb-3
            wrong(*given, "expected a reason, a userComment or both");
    }

    /// A member that belongs to the other outcome; there and empty it does no harm.
    void only_with(const Node& element, std::string_view name, std::string_view outcome) {
        const Node* other = element.find(name);
        if (!other || other->is_null()) return;
        if ((other->is_array() || other->is_object()) && other->children().empty()) return;
        wrong(*other, "expected only with the outcome \"" + std::string(outcome) + "\"");
    }

    std::string id(const Node& parent, std::string_view name, std::string_view what) {
        const Node* node = required(parent, name, Kind::string, what);
        if (!node) return {};
        if (node->text().empty()) wrong(*node, "expected " + std::string(what) + ", got \"\"");
        if (node->text().size() > limits_.text) wrong(*node, counted(limits_.text, "bytes"));
        return as_kept(node->text());
    }

    std::string short_text(const Node& parent, std::string_view name, std::size_t most, bool is_required) {
        const Node* node = is_required ? required(parent, name, Kind::string, "a string")
                                       : optional(parent, name, Kind::string, "a string");
        if (!node) return {};
        if (is_required && node->text().empty()) wrong(*node, "expected a string that is not empty");
        if (node->text().size() > most) wrong(*node, counted(most, "bytes"));
        return std::string(node->text());
    }

    const Node* required(const Node& parent, std::string_view name, Kind kind, std::string_view expected) {
        const Node* node = parent.find(name);
        if (node && node->kind == kind) return node;
        if (node) {
            wrong(*node, "expected " + std::string(expected) + got(*node));
        } else {
            std::string path = path_of(parent);
            if (!path.empty()) path += '.';
            note({IssueCode::required, "required, expected " + std::string(expected), path.append(name)});
        }
        return nullptr;
    }

    const Node* optional(const Node& parent, std::string_view name, Kind kind, std::string_view expected) {
        const Node* node = parent.find(name);
        if (!node || node->is_null()) return nullptr;  // J-7
        if (node->kind == kind) return node;
        wrong(*node, "expected " + std::string(expected) + got(*node));
        return nullptr;
    }

    void wrong(const Node& node, std::string diagnostics) {
        note({IssueCode::value, std::move(diagnostics), path_of(node)});
    }
    void note(Issue issue) {
        if (!issue_) issue_ = std::move(issue);
    }

    const FeedbackLimits& limits_;
    std::optional<Issue> issue_;
};

}  // namespace

std::string_view to_string(Feedback::Outcome outcome) {
    return outcome == Feedback::Outcome::accepted ? "accepted" : "overridden";
}

fhir::Result<std::vector<Feedback>> read_feedback(const Node& body, const FeedbackLimits& limits) {
    Reader reader(limits);
    std::vector<Feedback> feedback = reader.body(body);
    if (auto issue = reader.issue()) return std::move(*issue);
    return feedback;
}

}  // namespace hooks
