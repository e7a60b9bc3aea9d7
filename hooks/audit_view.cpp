// Times are UTC text of one width, so that order of text is order of time.
#include "hooks/audit_view.hpp"

#include "fhir/parse.hpp"

#include <algorithm>
#include <array>
#include <memory_resource>
#include <utility>

namespace hooks {

namespace {

using fhir::Node;

std::string_view event_text(const Node& record) {
    const Node* event = record.is_object() ? record.find("event") : nullptr;
    return event && event->is_string() ? event->text() : std::string_view();
}

/// The items of an array member; none if it is not there.
Node::Children items(const Node& record, std::string_view member) {
    const Node* found = record.find(member);
    return found && found->is_array() ? found->children() : Node::Children{nullptr};
}

std::string_view rule_id(std::string_view versioned) { return versioned.substr(0, versioned.find('|')); }

bool has_fired(const Node& record, std::string_view rule) {
    for (const Node& group : items(record, "fired")) {
        for (const Node& name : items(group, "rules")) {
            if (rule_id(name.text()) == rule) return true;
        }
    }
    return false;
}

bool is_wanted(const Node& record, const AuditFilter& filter) {
    const std::string_view time = record.text_of("time");
    if (event_text(record) != "decision") return false;
    if (time < filter.since) return false;
    if (!filter.until.empty() && time.substr(0, filter.until.size()) > filter.until) return false;
    if (!filter.service.empty() && record.text_of("service") != filter.service) return false;
    if (!filter.request.empty() && record.text_of("requestId") != filter.request) return false;
    if (!filter.rule.empty() && !has_fired(record, filter.rule)) return false;
    return filter.patient.empty() ||
           (filter.pseudonyms &&
            record.text_of("patient") ==
                filter.pseudonyms->of("patient", record.text_of("issuer"), filter.patient));
}

std::string number_of(const Node& record, std::string_view member) {
    const Node* found = record.find(member);
    return found ? std::string(found->text()) : std::string();
}

}  // namespace

void each_decision(std::istream& in, const AuditFilter& filter,
                   const std::function<void(const Node& record, std::string_view line)>& use) {
    for (std::string line; std::getline(in, line);) {
        std::pmr::monotonic_buffer_resource arena;
        const auto record = fhir::parse_json(line, arena);
        if (record && is_wanted(**record, filter)) use(**record, line);
    }
}

void append_audit_text(std::string& out, const Node& record) {
    const auto word = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) out.append("  ").append(name).append(" ").append(value);
    };
    out.append(record.text_of("time")).append("  ").append(record.text_of("service"));
    out.append(" (").append(record.text_of("hook")).append(")  ").append(number_of(record, "status"));
    out.append("  ").append(number_of(record, "us")).append(" us\n   ");
    word("request", record.text_of("requestId"));
    word("issuer", record.text_of("issuer"));
    word("knowledge", record.text_of("knowledge"));
    word("date", record.text_of("date"));
    word("patient", record.text_of("patient"));
    out += '\n';
    for (const Node& card : items(record, "cards")) {
        out.append("    card ").append(card.text_of("indicator")).append("  ").append(card.text_of("topic"));
        out.append("  of ")
            .append(card.text_of("rule"))
            .append("  ")
            .append(card.text_of("uuid"))
            .append("\n");
    }
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> groups = {
        {{"fired", "fired"},
         {"notChecked", "not checked"},
         {"failed", "failed"},
         {"dropped", "dropped"},
         {"notFired", "not fired"}}};
    for (const auto& [member, title] : groups) {
        for (const Node& group : items(record, member)) {
            out.append("    ").append(title).append(":");
            for (const Node& rule : items(group, "rules")) out.append(" ").append(rule.text());
            out.append("\n        ").append(group.text_of("why")).append("\n");
        }
    }
}

}  // namespace hooks
