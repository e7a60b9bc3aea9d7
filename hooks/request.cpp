// The members of a call one after the other; the first that is wrong is the answer.
#include "hooks/request.hpp"

#include "hooks/http.hpp"
#include "hooks/known_name.hpp"

#include <algorithm>
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
    bool is_bundle = false;
};

constexpr std::array required_members = {
    Required{"encounter-start", "encounterId", Kind::string},
    Required{"encounter-discharge", "encounterId", Kind::string},
    Required{"order-select", "selections", Kind::array},
    Required{"order-select", "draftOrders", Kind::object, true},
    Required{"order-sign", "draftOrders", Kind::object, true},
    Required{"order-dispatch", "dispatchedOrders", Kind::array},
    Required{"order-dispatch", "performer", Kind::string},
    Required{"problem-list-item-create", "conditions", Kind::object, true},
    Required{"allergyintolerance-create", "allergyIntolerance", Kind::object},
    Required{"medication-refill", "medications", Kind::object, true},
    Required{"appointment-book", "appointments", Kind::object, true},
};

/// Hooks whose context may go without a user (spec 12.7).
constexpr std::array<std::string_view, 2> hooks_without_user = {"order-dispatch", "medication-refill"};

/// Orders of FHIR DSTU2 and STU3 that R4 has under another name.
constexpr std::array<std::string_view, 6> older_orders = {"MedicationOrder", "MedicationPrescription",
                                                          "DiagnosticOrder", "ProcedureRequest",
                                                          "ReferralRequest", "DeviceUseRequest"};

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
        const Node* node = required(name, Kind::string);
        if (node == nullptr) return {};
        if (node->text().find_first_not_of(" \t\r\n") == std::string_view::npos)
            note({IssueCode::value, "expected a string that is not empty", joined(path_, name)});
        return node->text();
    }
    /// "" counts as absent, as null does (J-7).
    std::string_view optional_text(std::string_view name) {
        const Node* node = optional(name, Kind::string);
        return node == nullptr ? std::string_view{} : node->text();
    }

    /// expires_in: a number, or the text of one as some authorization servers write it.
    void optional_lifetime() {
        const Node* node = object_.find("expires_in");
        if (node == nullptr || !node->is_string()) optional("expires_in", Kind::number);
    }

    /// A Bundle, however loosely written (R-17): without type, resourceType or entry, or with one entry as an
    /// object. What holds something else would read as "nothing there", so it is refused.
    void required_bundle(std::string_view name) {
        const Node* bundle = required(name, Kind::object);
        if (bundle == nullptr) return;
        const std::string path = joined(path_, name);
        const Node* type = bundle->find("resourceType");
        if (type != nullptr && !type->is_null() && type->text() != "Bundle")
            note({IssueCode::value, "expected a Bundle", joined(path, "resourceType")});
        const Node* entry = bundle->find("entry");
        if (entry != nullptr && !entry->is_null() && !entry->is_array() && !entry->is_object())
            note(wrong_kind(joined(path, "entry"), Kind::array, entry->kind));
    }

    /// A bare id: `Patient/1` is a reference, and old material confuses the two (R-16).
    void check_bare_id(std::string_view name, std::string_view id) {
        if (id.find('/') == std::string_view::npos) return;
        note({IssueCode::value, "expected a bare id: send it without the resource type and the slash",
              joined(path_, name)});
    }

    bool failed() const { return failed_; }
    Issue issue() { return std::move(issue_); }

  private:
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

bool is_absent(const Node* node) { return node == nullptr || node->is_null(); }

/// The members of the context that its hook asks for beside the ids.
void check_context(Members& members, std::string_view hook, const Node& context) {
    // The sandbox, on coming back to one of its order tabs. H-31: selections say nothing at order-sign.
    const bool selects = hook == "order-select" && !is_absent(context.find("selections"));
    if ((hook == "order-select" || hook == "order-sign") && !selects &&
        is_absent(context.find("draftOrders")))
        return;
    for (const Required& required : required_members) {
        if (required.hook != hook) continue;
        if (required.is_bundle) {
            members.required_bundle(required.member);
        } else if (required.kind == Kind::string) {
            members.required_text(required.member);
        } else {
            members.required(required.member, required.kind);
        }
    }
}

/// The first item of the array `name` that is no string.
std::optional<Issue> item_that_is_no_string(const Node& context, std::string_view name) {
    const Node* list = context.find(name);
    if (is_absent(list)) return std::nullopt;
    std::size_t index = 0;
    for (const Node& item : list->children()) {
        if (!item.is_string())
            return wrong_kind("context." + std::string(name) + "[" + std::to_string(index) + "]",
                              Kind::string, item.kind);
        ++index;
    }
    return std::nullopt;
}

/// `http://` or `https://` and a host; what may be called of it is another question.
bool is_web_address(std::string_view text) {
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; })) return false;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (text.size() > scheme.size() && equal_ignoring_case(text.substr(0, scheme.size()), scheme))
            return std::string_view("/?#:@").find(text[scheme.size()]) == std::string_view::npos;
    }
    return false;
}

/// The members of fhirAuthorization: each may be missing (the reference EHR sends no token before its user
/// has logged on), none may be of another type.
void check_authorization(Members& members) {
    for (const char* name : {"access_token", "token_type", "scope", "subject", "patient"})
        members.optional_text(name);
    members.optional_lifetime();
}

/// `type` if it is an order of an older FHIR.
bool is_older_order(std::string_view type) {
    return std::find(older_orders.begin(), older_orders.end(), type) != older_orders.end();
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
    if (!request.fhir_server.empty() && !is_web_address(request.fhir_server)) {
        return Issue{IssueCode::value, "expected the http or https address of a FHIR server", "fhirServer"};
    }
    if (request.authorization) {
        Members authorization(*request.authorization, "fhirAuthorization");
        check_authorization(authorization);
        if (authorization.failed()) return authorization.issue();
    }

    Members context(*request.context, "context");
    const bool needs_user = std::find(hooks_without_user.begin(), hooks_without_user.end(), request.hook) ==
                            hooks_without_user.end();
    request.user_id = needs_user ? context.required_text("userId") : context.optional_text("userId");
    request.patient_id = context.required_text("patientId");
    request.encounter_id = context.optional_text("encounterId");
    context.check_bare_id("patientId", request.patient_id);
    context.check_bare_id("encounterId", request.encounter_id);
    check_context(context, request.hook, *request.context);
    if (context.failed()) return context.issue();
    // H-31: at order-sign there are no selections to look at.
    const std::string_view list = request.hook == "order-select"     ? "selections"
                                  : request.hook == "order-dispatch" ? "dispatchedOrders"
                                                                     : "";
    if (!list.empty()) {
        if (auto issue = item_that_is_no_string(*request.context, list)) return std::move(*issue);
    }
    return request;
}

std::optional<Issue> older_fhir(const HookRequest& request) {
    for (const Node& member : request.context->children()) {
        const Node* entries = member.is_object() ? member.find("entry") : nullptr;
        if (entries == nullptr || !entries->is_array()) continue;
        for (const Node& entry : entries->children()) {
            const Node* resource = entry.is_object() ? entry.find("resource") : nullptr;
            const Node* type =
                resource != nullptr && resource->is_object() ? resource->find("resourceType") : nullptr;
            if (type == nullptr || !is_older_order(type->text())) continue;
            return Issue{IssueCode::not_supported,
                         "expected FHIR R4, got a " + std::string(type->text()) + " of an older version",
                         path_of(*type, known_name)};
        }
    }
    return std::nullopt;
}

}  // namespace hooks
