// Loader: files to resources to inputs, variables, rules and services; what is wrong is said with file and
// line.
#include "cards/loader.hpp"

#include "cards/element_check.hpp"
#include "cards/element_values.hpp"
#include "cards/hook_table.hpp"
#include "cards/place.hpp"
#include "cards/prefetch_template.hpp"
#include "cards/rule_reader.hpp"
#include "fhir/nearest_name.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace cards {

using fhir::Node;

namespace {

bool has_triggers(const Loadable& plan) {
    const Node* actions = plan.root().find("action");
    return actions != nullptr &&
           std::any_of(actions->children().begin(), actions->children().end(),
                       [](const Node& action) { return action.find("trigger") != nullptr; });
}

/// The line that a message on JSON syntax ends in (`… at line 7, column 3`); 0 if it does not.
std::size_t line_in(const std::string& message) {
    constexpr std::string_view before = " at line ";
    const std::size_t at = message.rfind(before);
    std::size_t line = 0;
    for (std::size_t i = at + before.size(); at != std::string::npos && i < message.size(); ++i) {
        if (message[i] < '0' || message[i] > '9') break;
        line = line * 10 + static_cast<std::size_t>(message[i] - '0');
    }
    return line;
}

}  // namespace

std::vector<const Node*> extensions(const Node& element, std::string_view url) {
    std::vector<const Node*> found;
    const Node* list = element.find("extension");
    if (list == nullptr) return found;
    const std::string full = url.find(':') == std::string_view::npos
                                 ? std::string(our_extensions) + std::string(url)
                                 : std::string(url);
    const bool is_nested = element.find("url") != nullptr && element.parent != nullptr &&
                           element.parent->name() == "extension";  // a part of an extension has a bare url
    for (const Node& extension : list->children()) {
        if (extension.text_of("url") == (is_nested ? url : std::string_view(full)))
            found.push_back(&extension);
    }
    return found;
}

void Loader::problem(const Loadable& file, const Node& place, const std::string& message) {
    problems.push_back(at(file, place, message));
}

void Loader::warning(const Loadable& file, const Node& place, const std::string& message) {
    warnings.push_back(at(file, place, message));
}

Problem Loader::at(const Loadable& file, const Node& place, const std::string& message) {
    const std::string path = fhir::path_of(place);
    return {file.file, line_of(*file.document, place), path.empty() ? message : path + ": " + message};
}

bool Loader::is_in_unreadable(std::string_view text) const {
    const std::string quoted = '"' + std::string(text) + '"';
    return std::any_of(unreadable_.begin(), unreadable_.end(), [&](const std::string& unreadable) {
        return unreadable.find(quoted) != std::string::npos;
    });
}

void Loader::unknown(const Loadable& file, const Node& place, const std::string& what, std::string_view url,
                     const std::vector<std::string_view>& known) {
    const std::string_view plain = url.substr(0, url.find('|'));
    if (is_in_unreadable(plain)) return;  // that it cannot be read has been said
    const std::string_view id = plain.substr(plain.rfind('/') + 1);
    fhir::NearestName nearest(id);
    bool elsewhere = false;
    for (const std::string_view candidate : known) {
        const std::string_view candidate_id = candidate.substr(candidate.rfind('/') + 1);
        elsewhere = elsewhere || candidate_id == id;
        nearest.look_at(candidate_id);
    }
    std::string question = nearest.question();
    if (elsewhere) question = "; there is '" + std::string(id) + "' under another address";
    problem(file, place, "no such " + what + ": '" + std::string(url) + "'" + question);
}

void Loader::load(std::vector<SourceFile> files) {
    parse(std::move(files));
    load_value_sets();
    knowledge_.environment_.canonical_base = canonical_base;
    knowledge_.environment_.value_sets = &knowledge_.value_sets_;
    knowledge_.environment_.context_members = hook_context_members();
    const Loadable* services = nullptr;
    for (const Loadable& plan : plans_) {
        if (!has_triggers(plan)) continue;
        if (services != nullptr)
            problem(plan, plan.root(), "a second plan with triggers; the first is " + services->file);
        else
            services = &plan;
    }
    if (services == nullptr) {
        if (unreadable_.empty())
            problems.push_back(
                {"", 0,
                 "expected one PlanDefinition whose actions have triggers (the services); found none"});
        return;
    }
    knowledge_.plan_ = &services->root();
    knowledge_.version_ = services->root().text_of("version");
    load_inputs(*services);
    load_libraries(*services);
    declare_variables(*services);
    load_variables();
    load_common_lines(*services);
    load_statements(*services);
    load_rules(*services);
    load_services(*services);
    if (problems.empty()) warn_of_unused(*services);
}

void Loader::parse(std::vector<SourceFile> files) {
    constexpr std::array<std::string_view, 5> knowledge_types = {
        "PlanDefinition", "Library", "ActivityDefinition", "ValueSet", "CodeSystem"};
    const fhir::Model& model = fhir::Model::r4();
    for (SourceFile& source : files) {
        auto document = fhir::Document::parse(source.text);
        if (!document) {
            const std::string& where = document.error().expression;
            problems.push_back({source.name, line_in(document.error().diagnostics),
                                (where.empty() ? "" : where + ": ") + document.error().diagnostics});
            unreadable_.push_back(std::move(source.text));
            continue;
        }
        const Loadable file{document->get(), source.name};
        const Node& root = file.root();
        knowledge_.documents_.push_back(std::move(*document));
        if (root.resource_type == 0) {
            const std::string type(root.text_of("resourceType"));
            fhir::NearestName nearest(type);
            for (const std::string_view known : knowledge_types) nearest.look_at(known);
            problem(file, root,
                    "expected a FHIR R4 resource; its resourceType is '" + type + "'" + nearest.question());
            unreadable_.push_back(std::move(source.text));
            continue;
        }
        check_elements(root,
                       [&](const Node& place, const std::string& message) { problem(file, place, message); });
        const std::string_view type = model.type_name(root.resource_type);
        const std::string url(root.text_of("url"));
        if (type == "PlanDefinition") {
            plans_.push_back(file);
        } else if (type == "ActivityDefinition") {
            activities_.push_back(file);
        } else if (type == "Library") {
            libraries_.push_back(file);
        } else if (type == "ValueSet" || type == "CodeSystem") {
            sets_.push_back(file);
            continue;
        } else {
            problem(file, root,
                    "expected a PlanDefinition, Library, ActivityDefinition, ValueSet or CodeSystem");
            unreadable_.push_back(std::move(source.text));
            continue;
        }
        if (url.empty()) problem(file, root, "expected a url");
    }
    const auto index = [&](const std::vector<Loadable>& all, auto& by_url, const std::string& what) {
        for (const Loadable& one : all) {
            const Node* url = one.root().find("url");
            if (url != nullptr && !by_url.emplace(url->text(), &one).second)
                problem(one, *url,
                        "another " + what + " has this url: " + by_url.find(url->text())->second->file);
        }
    };
    index(plans_, plans_by_url_, "plan");
    index(activities_, activities_by_url_, "activity");
    index(libraries_, libraries_by_url_, "Library");
}

void Loader::load_value_sets() {
    std::vector<const Node*> resources;
    for (const Loadable& set : sets_) resources.push_back(&set.root());
    for (const fhir::ValueSets::Fault& fault : knowledge_.value_sets_.add(resources)) {
        const Node* root = fault.place;
        while (root->parent != nullptr) root = root->parent;
        const auto file = std::find_if(sets_.begin(), sets_.end(),
                                       [&](const Loadable& set) { return &set.root() == root; });
        if (fault.message.starts_with("no such") && is_in_unreadable(fault.place->text())) continue;
        problem(*file, *fault.place, fault.message);
    }
}

std::string Loader::query_template(const Loadable& file, const Node& pattern) {
    std::string_view rest = pattern.text();
    std::string query;
    while (true) {
        const std::size_t open = rest.find("{{%");
        query += rest.substr(0, open);
        if (open == std::string_view::npos) return query;
        const std::size_t close = rest.find("}}", open);
        std::string_view name =
            rest.substr(open + 3, close == std::string_view::npos ? close : close - open - 3);
        rest = close == std::string_view::npos ? std::string_view{} : rest.substr(close + 2);
        while (name.starts_with('`')) name.remove_prefix(1);
        while (name.ends_with('`')) name.remove_suffix(1);
        const fhir::ValueSet* set =
            name.starts_with("vs-") ? knowledge_.value_sets_.find(std::string(canonical_base) + "/ValueSet/" +
                                                                  std::string(name.substr(3)))
                                    : nullptr;
        if (set == nullptr) {
            unknown(file, pattern, "value set",
                    std::string(canonical_base) + "/ValueSet/" +
                        std::string(name.starts_with("vs-") ? name.substr(3) : name),
                    value_set_urls());
            continue;
        }
        used_sets_.insert(set);
        bool first = true;
        for (const auto& coding : set->codings()) {
            if (!first) query += ',';
            first = false;
            query += coding.system + "|" + coding.code;
        }
    }
}

void Loader::load_inputs(const Loadable& plan) {
    // First, so that an input that takes one of these names is a fault like any name given twice.
    fhirpath::Environment& names = knowledge_.environment_;
    knowledge_.filled_ = {
        .missing = names.add("missing"),
        .failed = names.add("failed"),
        .paged = names.add("paged"),
        .unavailable = names.add("unavailable"),
        .hook = names.add("hook", {static_cast<fhir::TypeId>(fhir::System::String)}),
        .plan = names.add("plan", {fhir::Model::r4().type_id("PlanDefinition")}),
        .activity = names.add("activity", {fhir::Model::r4().type_id("ActivityDefinition")})};
    const Knowledge::Filled& filled = knowledge_.filled_;
    state_slots_ = {filled.missing, filled.failed, filled.paged, filled.unavailable};
    constexpr std::string_view pattern_url = "http://hl7.org/fhir/StructureDefinition/cqf-fhirQueryPattern";
    const Node* contained = plan.root().find("contained");
    if (contained != nullptr) {
        for (const Node& library : contained->children()) {
            const Node* requirements = library.find("dataRequirement");
            if (requirements == nullptr) continue;
            for (const Node& requirement : requirements->children()) {
                Input input;
                input.id = requirement.text_of("id");
                input.type = fhir::Model::r4().type_id(requirement.text_of("type"));
                const auto patterns = extensions(requirement, pattern_url);
                if (input.id.empty()) problem(plan, requirement, "expected an id: the prefetch key");
                if (input.type == 0 || !fhir::Model::r4().is_resource(input.type))
                    problem(plan, requirement, expected_resource_type(requirement.text_of("type")));
                const Node* pattern = patterns.size() == 1 ? patterns[0]->find("valueString") : nullptr;
                if (pattern == nullptr) {
                    problem(plan, requirement,
                            "expected one cqf-fhirQueryPattern extension with a valueString");
                    continue;
                }
                input.query = query_template(plan, *pattern);
                if (input.type != 0) {
                    for (const std::string& fault :
                         faults_of_template(pattern->text(), requirement.text_of("type")))
                        problem(plan, *pattern, fault);
                }
                for (const Node* extension : extensions(requirement, "input-required")) {
                    const Node* flag = extension->find("valueBoolean");
                    input.required = flag != nullptr && flag->is_true();
                }
                for (const Node* extension : extensions(requirement, "input-accepts")) {
                    const std::string_view state = extension->text_of("valueCode");
                    input.accepts_missing |= state == "missing";
                    input.accepts_failed |= state == "failed";
                    input.accepts_paged |= state == "paged";
                    if (state != "missing" && state != "failed" && state != "paged") {
                        problem(plan, *extension, expected_one_of("missing failed paged", state));
                    }
                }
                if (knowledge_.environment_.find(input.id) != nullptr) {
                    problem(plan, requirement, "a second input named " + input.id);
                    continue;
                }
                input.slot = knowledge_.environment_.add(
                    input.id, input.type == 0 ? std::vector<fhir::TypeId>{} : std::vector{input.type});
                inputs_of_[input.slot] = {knowledge_.inputs_.size()};
                input_places_.push_back(&requirement);
                knowledge_.inputs_.push_back(std::move(input));
            }
        }
    }
    if (knowledge_.inputs_.empty())
        problem(plan, plan.root(), "expected a contained Library with dataRequirement");
}

/// Declares the concepts of the Libraries that `library` names, in that order; `#data` is the contained one
/// with the inputs.
void Loader::load_libraries(const Loadable& plan) {
    std::set<const Loadable*> named;
    if (const Node* list = plan.root().find("library")) {
        for (const Node& canonical : list->children()) {
            if (canonical.text().starts_with('#')) continue;
            const auto found = libraries_by_url_.find(canonical.text().substr(0, canonical.text().find('|')));
            if (found == libraries_by_url_.end()) {
                unknown(plan, canonical, "Library", canonical.text(), urls(libraries_));
            } else if (named.insert(found->second).second) {
                declare_variables(*found->second);
            }
        }
    }
    for (const Loadable& library : libraries_) {
        if (!named.contains(&library) && library.root().find("url") != nullptr)
            problem(library, library.root(), "no plan names this Library in its library");
    }
}

void Loader::load_common_lines(const Loadable& plan) {
    for (const Node* extension : extensions(plan.root(), "card-line")) {
        Line line;
        for (const Node* part : extensions(*extension, "text")) {
            if (const Node* text = part->find("valueMarkdown")) line.text = read_text(plan, *text);
        }
        for (const Node* part : extensions(*extension, "condition")) {
            const Node* expression = part->find("valueExpression");
            if (expression == nullptr) {
                problem(plan, *part, "expected a valueExpression");
                continue;
            }
            line.conditions.push_back(
                {std::string(expression->text_of("description")), compile_condition(plan, *expression)});
        }
        if (line.text.empty())
            problem(plan, *extension, "expected a sub-extension 'text' with a valueMarkdown");
        knowledge_.common_lines_.push_back(std::move(line));
    }
}

const fhir::ValueSet* Loader::named_set(const Loadable& file, const Node& extension) {
    const std::string_view canonical = extension.text_of("valueCanonical");
    const fhir::ValueSet* set = knowledge_.value_sets_.find(canonical);
    if (set == nullptr) {
        unknown(file, extension, "value set", canonical, value_set_urls());
    } else {
        used_sets_.insert(set);
    }
    return set;
}

void Loader::load_statements(const Loadable& plan) {
    for (const Node* extension : extensions(plan.root(), "statements"))
        knowledge_.statements_ = named_set(plan, *extension);
    knowledge_.common_statements_ = statements_of(plan);
}

std::vector<std::string> Loader::statements_of(const Loadable& file) {
    std::vector<std::string> codes;
    std::vector<std::string_view> known;
    if (knowledge_.statements_ != nullptr) {
        for (const auto& statement : knowledge_.statements_->codings()) known.push_back(statement.code);
    }
    for (const Node* extension : extensions(file.root(), "statement")) {
        codes.emplace_back(extension->text_of("valueCode"));
        if (std::find(known.begin(), known.end(), codes.back()) == known.end())
            unknown(file, *extension, "statement", codes.back(), known);
    }
    return codes;
}

void Loader::load_rules(const Loadable& plan) {
    for (const Loadable& file : plans_) {
        if (&file == &plan || has_triggers(file)) continue;
        knowledge_.rules_.push_back(RuleReader(*this, file).read());
    }
}

void Loader::load_services(const Loadable& plan) {
    for (const Node& action : plan.root().find("action")->children()) {
        Service service;
        service.id = action.text_of("id");
        service.title = action.text_of("title");
        service.description = action.text_of("description");
        service.usage_requirements = plan.root().text_of("usage");
        const Node* trigger = action.find("trigger");
        if (trigger != nullptr && trigger->first_child != nullptr) {
            const Node& event = *trigger->first_child;
            service.hook = event.text_of("name");
            if (event.text_of("type") != "named-event")
                problem(plan, event, expected_one_of("named-event", event.text_of("type")));
            if (!service.hook.empty() && !is_known_hook(service.hook))
                problem(plan, *event.find("name"),
                        "no such hook: '" + service.hook + "'" + nearest_hook(service.hook));
        }
        if (service.id.empty() || service.hook.empty() || service.title.empty() ||
            service.description.empty()) {
            problem(plan, action,
                    "expected a service with id, title, description and a trigger with the hook's name");
        }
        if (knowledge_.service(service.id) != nullptr) problem(plan, action, "a second service with this id");
        for (const Node* extension : extensions(action, "card-maximum")) {
            const Node* number = extension->find("valueInteger");
            const std::string digits(number == nullptr ? std::string_view{} : number->text());
            if (digits.empty() || digits.size() > 3 ||
                digits.find_first_not_of("0123456789") != std::string::npos) {
                problem(plan, *extension, "expected a valueInteger from 1 to 999");
            } else {
                service.card_maximum = std::stoul(digits);
            }
        }
        for (const Node* extension : extensions(action, "service-enabled")) {
            const Node* flag = extension->find("valueBoolean");
            service.enabled = flag != nullptr && flag->is_true();
        }
        if (const Node* children = action.find("action")) {
            for (const Node& child : children->children()) {
                const std::string_view url = child.text_of("definitionCanonical");
                const auto rule =
                    std::find_if(knowledge_.rules_.begin(), knowledge_.rules_.end(), [&](const auto& known) {
                        return known != nullptr && known->url == url.substr(0, url.find('|'));
                    });
                if (rule == knowledge_.rules_.end()) {
                    unknown(plan, child, "rule", url, urls(plans_));
                    continue;
                }
                service.rules.push_back(rule->get());
                for (const Node* extension : extensions(child, "rule-enabled")) {
                    const Node* flag = extension->find("valueBoolean");
                    if (flag == nullptr || !flag->is_true()) service.off.push_back(rule->get());
                }
                service.inputs.insert(service.inputs.end(), (*rule)->inputs.begin(), (*rule)->inputs.end());
            }
        }
        for (const Line& line : knowledge_.common_lines_) {
            for (const Condition& condition : line.conditions) {
                if (condition.expression != nullptr) add_inputs(*condition.expression, service.inputs);
            }
        }
        for (std::size_t i = 0; i < knowledge_.inputs_.size(); ++i) {
            if (knowledge_.inputs_[i].required) service.inputs.push_back(i);
        }
        std::sort(service.inputs.begin(), service.inputs.end());
        service.inputs.erase(std::unique(service.inputs.begin(), service.inputs.end()), service.inputs.end());
        for (const std::size_t input : service.inputs) {
            const std::string token = optional_token(knowledge_.inputs_[input].query, service.hook);
            if (token.empty()) continue;
            problem(plan, action,
                    "needs " + knowledge_.inputs_[input].id + ", whose '" + token + "' a call of " +
                        service.hook + " may leave without a value");
        }
        knowledge_.services_.push_back(std::move(service));
    }
}

void Loader::add_inputs(const fhirpath::Expression& expression, std::vector<std::size_t>& into) const {
    for (const fhirpath::Environment::Slot slot : expression.variables()) {
        const auto found = inputs_of_.find(slot);
        if (found == inputs_of_.end()) continue;
        for (const std::size_t input : found->second) {
            if (std::find(into.begin(), into.end(), input) == into.end()) into.push_back(input);
        }
    }
}

bool Loader::asks_states(const fhirpath::Expression& expression) const {
    const auto& variables = expression.variables();
    return std::any_of(variables.begin(), variables.end(),
                       [this](const auto slot) { return state_slots_.contains(slot); });
}

}  // namespace cards
