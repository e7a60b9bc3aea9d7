// The members of a call one after the other; the first that is wrong is the answer.
#include "hooks/request.hpp"

#include <array>
#include <string>

namespace hooks {

namespace {

using fhir::Issue;
using fhir::IssueCode;
using fhir::Kind;
using fhir::Node;

/// A context member that a hook requires, beside userId and patientId.
struct Required {
    std::string_view hook, member;
    Kind kind;
};

constexpr std::array required_members = {
    Required{"encounter-start", "encounterId", Kind::string},
    Required{"encounter-discharge", "encounterId", Kind::string},
    Required{"order-select", "selections", Kind::array},
    Required{"order-select", "draftOrders", Kind::object},
    Required{"order-sign", "draftOrders", Kind::object},
    Required{"problem-list-item-create", "conditions", Kind::object},
    Required{"appointment-book", "appointments", Kind::object},
};

std::string_view with_article(Kind kind) {
    switch (kind) {
        case Kind::object:
            return "an object";
        case Kind::array:
            return "an array";
        case Kind::string:
            return "a string";
        case Kind::number:
            return "a number";
        case Kind::boolean:
            return "a boolean";
        case Kind::null:
            return "null";
    }
    return "";
}

std::string joined(std::string_view parent, std::string_view member) {
    std::string path(parent);
    if (!path.empty()) path += '.';
    return path.append(member);
}

Issue missing(std::string path, Kind kind) {
    return {IssueCode::required, std::string("required, expected ").append(with_article(kind)),
            std::move(path)};
}

Issue wrong_kind(std::string path, Kind expected, Kind came) {
    return {
        IssueCode::invalid,
        std::string("expected ").append(with_article(expected)).append(", got ").append(with_article(came)),
        std::move(path)};
}

/// Reads members of one object and keeps the first thing that is wrong.
class Members {
  public:
    Members(const Node& object, std::string_view path) : object_(object), path_(path) {}

    /// Null if absent, null in JSON, or of another kind (then the issue is set).
    const Node* optional(std::string_view name, Kind kind) {
        const Node* node = object_.find(name);
        if (!node || node->is_null()) return nullptr;
        if (node->kind == kind) return node;
        note(wrong_kind(joined(path_, name), kind, node->kind));
        return nullptr;
    }

    const Node* required(std::string_view name, Kind kind) {
        const Node* node = object_.find(name);
        if (node && node->kind == kind) return node;
        note(node ? wrong_kind(joined(path_, name), kind, node->kind) : missing(joined(path_, name), kind));
        return nullptr;
    }

    std::string_view required_text(std::string_view name) {
        return text_of(name, required(name, Kind::string));
    }
    std::string_view optional_text(std::string_view name) {
        return text_of(name, optional(name, Kind::string));
    }

    /// A bare id: `Patient/1` is a reference, and old material confuses the two.
    void check_bare_id(std::string_view name, std::string_view id) {
        if (id.find('/') == std::string_view::npos) return;
        note({IssueCode::value, "expected a bare id: send it without the resource type and the slash",
              joined(path_, name)});
    }

    bool failed() const { return failed_; }
    Issue issue() { return std::move(issue_); }

  private:
    std::string_view text_of(std::string_view name, const Node* node) {
        if (!node) return {};
        if (node->text().empty())
            note({IssueCode::value, "expected a string that is not empty", joined(path_, name)});
        return node->text();
    }

    void note(Issue issue) {
        if (failed_) return;
        failed_ = true;
        issue_ = std::move(issue);
    }

    const Node& object_;
    std::string_view path_;
    bool failed_ = false;
    Issue issue_;
};

/// The members of the context that its hook asks for beside the ids.
void check_context(Members& members, std::string_view hook, const Node& context) {
    // The sandbox, on coming back to its order tab.
    if (hook == "order-select" && !context.find("selections") && !context.find("draftOrders")) return;
    for (const Required& required : required_members) {
        if (required.hook == hook) members.required(required.member, required.kind);
    }
}

}  // namespace

fhir::Result<HookRequest> read_request(const Node& body) {
    if (!body.is_object()) return wrong_kind("", Kind::object, body.kind);
    Members members(body, "");
    HookRequest request;
    request.hook = members.required_text("hook");
    request.hook_instance = members.required_text("hookInstance");
    request.context = members.required("context", Kind::object);
    request.prefetch = members.optional("prefetch", Kind::object);
    request.fhir_server = members.optional_text("fhirServer");
    request.authorization = members.optional("fhirAuthorization", Kind::object);
    if (members.failed()) return members.issue();
    if (request.authorization && request.fhir_server.empty()) {
        return Issue{IssueCode::required, "required with fhirAuthorization", "fhirServer"};  // R-14, cds-r-1
    }

    Members context(*request.context, "context");
    request.user_id = context.required_text("userId");
    request.patient_id = context.required_text("patientId");
    request.encounter_id = context.optional_text("encounterId");
    context.check_bare_id("patientId", request.patient_id);
    context.check_bare_id("encounterId", request.encounter_id);
    check_context(context, request.hook, *request.context);
    if (context.failed()) return context.issue();
    if (const Node* selections = request.context->find("selections");
        selections && request.hook == "order-select") {
        std::size_t index = 0;
        for (const Node& item : selections->children()) {
            if (!item.is_string()) {
                return wrong_kind("context.selections[" + std::to_string(index) + "]", Kind::string,
                                  item.kind);
            }
            ++index;
        }
    }
    return request;
}

}  // namespace hooks
