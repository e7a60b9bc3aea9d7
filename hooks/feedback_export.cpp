// One list of columns serves both forms.
#include "hooks/feedback_export.hpp"

#include "fhir/json_writer.hpp"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace hooks {

namespace {

constexpr std::array columns = {std::string_view("receivedAt"),  std::string_view("outcomeTimestamp"),
                                std::string_view("outcome"),     std::string_view("card"),
                                std::string_view("knownCard"),   std::string_view("issuedAt"),
                                std::string_view("service"),     std::string_view("hook"),
                                std::string_view("topic"),       std::string_view("rule"),
                                std::string_view("ruleVersion"), std::string_view("reasonSystem"),
                                std::string_view("reasonCode"),  std::string_view("reasonDisplay")};
constexpr std::string_view suggestions_column = "acceptedSuggestions", comment_column = "userComment";

/// Values in the order of `columns`.
std::array<std::string_view, columns.size()> values(const FeedbackRow& row) {
    static const IssuedCard unknown;
    const IssuedCard& card = row.card ? *row.card : unknown;
    const Feedback& feedback = row.feedback;
    return {row.received_at,
            feedback.timestamp,
            to_string(feedback.outcome),
            feedback.card,
            row.card ? "true" : "false",
            row.issued_at,
            row.service,
            card.hook,
            card.topic,
            card.rule,
            card.rule_version,
            feedback.reason_system,
            feedback.reason_code,
            feedback.reason_display};
}

/// What spreadsheets take for the beginning of a formula, also in full width, or strip before one.
bool may_be_computed(std::string_view text) {
    for (const std::string_view start : {"=", "+", "-", "@", "\t", "\r", "\n", " ", "＝", "＋", "－", "＠"}) {
        if (text.starts_with(start)) return true;
    }
    return false;
}

void append_field(std::string& out, std::string_view text) {
    const bool guarded = may_be_computed(text);
    if (!guarded && text.find_first_of(",\"\r\n;\t") == std::string_view::npos) {
        out += text;
        return;
    }
    out += guarded ? "\"'" : "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

}  // namespace

std::string csv_header(bool with_comments) {
    std::string out;
    for (const std::string_view name : columns) out.append(name).append(",");
    out += suggestions_column;
    if (with_comments) out.append(",").append(comment_column);
    return out += "\r\n";
}

void append_csv(std::string& out, const FeedbackRow& row, bool with_comments) {
    for (const std::string_view value : values(row)) {
        append_field(out, value);
        out += ',';
    }
    std::string suggestions;
    for (const std::string& id : row.feedback.accepted_suggestions)
        suggestions.append(suggestions.empty() ? "" : " ").append(id);
    append_field(out, suggestions);
    if (with_comments) append_field(out += ',', row.feedback.comment);
    out += "\r\n";
}

void append_ndjson(std::string& out, const FeedbackRow& row, bool with_comments) {
    fhir::JsonWriter json(out);
    json.begin_object();
    const auto found = values(row);
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i] == "knownCard") {
            json.member(columns[i], row.card.has_value());
        } else if (!found[i].empty()) {
            json.member(columns[i], found[i]);
        }
    }
    if (!row.feedback.accepted_suggestions.empty()) {
        json.key(suggestions_column);
        json.begin_array();
        for (const std::string& id : row.feedback.accepted_suggestions) json.value(std::string_view(id));
        json.end_array();
    }
    if (with_comments && !row.feedback.comment.empty())
        json.member(comment_column, std::string_view(row.feedback.comment));
    json.end_object();
    out += '\n';
}

}  // namespace hooks
