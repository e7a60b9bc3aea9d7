// Knowledge: what others ask of it, and the discovery body.
#include "cards/knowledge.hpp"

#include "cards/loader.hpp"
#include "fhir/json_writer.hpp"

#include <algorithm>

namespace cards {

std::string to_string(const Problem& problem) {
    std::string text = problem.file;
    if (problem.line != 0) text += ":" + std::to_string(problem.line);
    if (!text.empty()) text += ": ";
    return text + problem.message;
}

Knowledge::Knowledge() = default;
Knowledge::~Knowledge() = default;

Knowledge::Loaded Knowledge::load(std::vector<SourceFile> files) {
    auto knowledge = std::make_shared<Knowledge>();
    Loader loader(*knowledge);
    loader.load(std::move(files));
    Loaded loaded{nullptr, std::move(loader.problems), std::move(loader.warnings)};
    if (loaded.problems.empty()) loaded.knowledge = std::move(knowledge);
    return loaded;
}

const Service* Knowledge::service(std::string_view id, std::string_view hook) const {
    const auto found = std::find_if(services_.begin(), services_.end(), [&](const Service& service) {
        return service.id == id && (hook.empty() || service.hook == hook);
    });
    return found == services_.end() ? nullptr : &*found;
}

std::string Knowledge::discovery_json(const std::function<bool(const Service&)>& enabled) const {
    std::string out;
    fhir::JsonWriter json(out);
    json.begin_object();
    json.key("services");
    json.begin_array();
    for (const Service& service : services_) {
        if (!enabled(service)) continue;
        json.begin_object();
        json.member("hook", service.hook);
        json.member("title", service.title);
        json.member("description", service.description);
        json.member("id", service.id);
        json.member("version", "2.0.1");  // D-13
        if (!service.usage_requirements.empty()) json.member("usageRequirements", service.usage_requirements);
        if (!service.inputs.empty()) {
            json.key("prefetch");
            json.begin_object();
            for (const std::size_t input : service.inputs)
                json.member(inputs_[input].id, inputs_[input].query);
            json.end_object();
        }
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out;
}

}  // namespace cards
