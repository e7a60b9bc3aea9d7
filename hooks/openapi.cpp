// The file is JSON as it stands; the strings in <> are places to be filled.
#include "hooks/openapi.hpp"

#include "fhir/json_writer.hpp"
#include "fhir/parse.hpp"
#include "hooks/commands.hpp"
#include "hooks/contract.hpp"

#include <array>
#include <memory_resource>
#include <stdexcept>

namespace hooks {

namespace {

constexpr std::string_view feedback_path = "/cds-services/{id}/feedback", metrics_path = "/metrics";

std::string quoted(std::string_view text) {
    std::string json;
    fhir::write_json_string(json, text);
    return json;
}

/// `text` with every `from` replaced.
std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

std::string listed(const std::vector<std::string_view>& ids) {
    std::string list;
    for (const std::string_view id : ids) list.append(list.empty() ? "" : ",").append(quoted(id));
    return list;
}

}  // namespace

std::string openapi_json(std::string_view base_path, const std::vector<std::string_view>& ids,
                         OfferedEndpoints offered) {
    struct Part {
        std::string_view name, file;
    };
    constexpr std::array parts = {
        Part{"Discovery", "discovery.schema.json"}, Part{"Request", "request.schema.json"},
        Part{"Response", "response.schema.json"}, Part{"Feedback", "feedback.schema.json"},
        Part{"OperationOutcome", "outcome.schema.json"}};

    std::string text(contract_file("openapi.json"));
    text = replaced(std::move(text), R"("<version>")", quoted(version()));
    text = replaced(std::move(text), R"("<base path>")", quoted(base_path.empty() ? "/" : base_path));
    text = replaced(std::move(text), R"("<service ids>")", listed(ids));
    for (const Part& part : parts) {
        const std::string at = "\"#/components/schemas/" + std::string(part.name) + "/$defs/";
        const std::string schema = replaced(std::string(contract_file(part.file)), "\"#/$defs/", at);
        text = replaced(std::move(text), quoted("<" + std::string(part.file) + ">"), schema);
    }

    std::pmr::monotonic_buffer_resource arena;
    const auto document = fhir::parse_json(text, arena);
    if (!document) throw std::logic_error("openapi.json: " + document.error().diagnostics);
    std::string compact;
    fhir::JsonWriter json(compact);
    json.begin_object();
    for (const fhir::Node& member : (**document).children()) {
        json.key(member.name());
        if (member.name() != "paths") {
            json.value(member);
            continue;
        }
        json.begin_object();
        for (const fhir::Node& path : member.children()) {
            if (path.name() == feedback_path && !offered.feedback) continue;
            if (path.name() == metrics_path && !offered.metrics) continue;
            json.member(path.name(), path);
        }
        json.end_object();
    }
    json.end_object();
    return compact;
}

}  // namespace hooks
