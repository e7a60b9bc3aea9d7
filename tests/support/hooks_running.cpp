// The real service behind the real server; requests made of the files in config/demo.
#include "tests/support/hooks_running.hpp"

#include "hooks/knowledge_folder.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace hooks::testing {

namespace json = boost::json;

Running::Running(const Settings& settings, std::shared_ptr<const cards::Knowledge> knowledge,
                 const ServerOptions& options)
    : service_(settings, std::move(knowledge), *pinned_clock("2026-11-24")), server_(service_, options) {}

Answer Running::ask(std::string_view method, std::string_view target, std::string_view body,
                    const std::vector<Field>& fields, std::source_location where) {
    if (!client_) client_.emplace(server_.port());
    client_->send(request_bytes(method, target, body, fields));
    const auto answer = client_->read(method == "HEAD");
    if (!answer || answer->field("Connection") == "close") client_.reset();
    if (!answer) {
        ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << "no answer";
        return {};
    }
    if (method != "HEAD") check(*answer, where);
    return *answer;
}

Answer Running::call(std::string_view id, std::string_view body, const std::vector<Field>& fields,
                     std::source_location where) {
    std::vector<Field> all = fields;
    all.push_back({"Content-Type", "application/json"});
    return ask("POST", "/cds-services/" + std::string(id), body, all, where);
}

Answer Running::call(std::string_view id, const json::value& body, std::source_location where) {
    return call(id, json::serialize(body), {}, where);
}

std::shared_ptr<const cards::Knowledge> shipped_knowledge() {
    static const std::shared_ptr<const cards::Knowledge> knowledge = [] {
        auto loaded = cards::Knowledge::load(read_knowledge_folder(SOURCE_DIR "/config/asps").files);
        if (!loaded.knowledge) throw std::logic_error("config/asps has faults");
        return loaded.knowledge;
    }();
    return knowledge;
}

json::value shipped_call(std::string_view hook) {
    const auto demo = [](const char* file) {
        return json::parse(*read_text(std::string(SOURCE_DIR "/config/demo/") + file)).as_object();
    };
    json::object call = demo(hook.starts_with("order-") ? "order-sign.json" : "patient-view.json");
    call["hook"] = hook;
    json::object& context = call.at("context").as_object();
    if (hook == "encounter-start") context["encounterId"] = "demo-visit";
    if (hook == "order-select") context["selections"] = {"MedicationRequest/draft-1"};
    if (hook == "problem-list-item-create") {
        context["conditions"] = call.at("prefetch").at("conditions");
        call.at("prefetch").at("conditions") = nullptr;
    }
    return call;
}

std::string expression_of(const Answer& answer) {
    const json::value body = json_of(answer.body);
    const json::object& issue = body.at("issue").at(0).as_object();
    const json::value* where = issue.if_contains("expression");
    return where ? std::string(where->at(0).as_string()) : std::string();
}

std::string told(const Answer& answer) {
    std::string text = std::to_string(answer.status);
    if (answer.status >= 400) text += " " + expression_of(answer);
    return text;
}

namespace {

void drop_uuids(json::value& value) {
    if (json::array* array = value.if_array()) {
        for (json::value& item : *array) drop_uuids(item);
    } else if (json::object* object = value.if_object()) {
        object->erase("uuid");
        for (auto& [name, member] : *object) drop_uuids(member);
    }
}

}  // namespace

json::array cards_of(const Answer& answer) {
    json::value body = json_of(answer.body);
    if (answer.status != 200) {
        ADD_FAILURE() << "expected cards, got " << answer.body;
        return {};
    }
    drop_uuids(body);
    return body.at("cards").as_array();
}

std::vector<std::string> topics_of(const Answer& answer) {
    std::vector<std::string> topics;
    for (const json::value& card : cards_of(answer))
        topics.emplace_back(card.at("source").at("topic").at("code").as_string());
    return topics;
}

}  // namespace hooks::testing
