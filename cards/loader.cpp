// Loader: files to resources to inputs, variables, rules and services; what is wrong is said with file and
// line.
#include "cards/loader.hpp"

#include "cards/rule_reader.hpp"

#include <algorithm>
#include <set>

namespace cards {

using fhir::Node;

namespace {

/// The line in `document` where `node` (or the first text below or beside it) stands; 0 if that cannot be
/// told.
std::size_t line_of(const fhir::Document& document, const Node& node) {
    const std::string_view text = document.text();
    const auto is_in_text = [&](const Node& candidate) {
        const std::string_view own = candidate.text();
        return !own.empty() && own.data() >= text.data() &&
               own.data() + own.size() <= text.data() + text.size();
    };
    const Node* place = &node;
    while (place != nullptr && !is_in_text(*place)) {
        place = place->first_child != nullptr ? place->first_child
                : place->next != nullptr      ? place->next
                                              : nullptr;
    }
    if (place == nullptr) return node.parent == nullptr ? 1 : line_of(document, *node.parent);
    return 1 + static_cast<std::size_t>(std::count(text.data(), place->text().data(), '\n'));
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
    const std::string path = fhir::path_of(place);
    problems.push_back({file.file, file.document == nullptr ? 0 : line_of(*file.document, place),
                        path.empty() ? message : path + ": " + message});
}

void Loader::warning(const Loadable& file, const Node& place, const std::string& message) {
    warnings.push_back({file.file, line_of(*file.document, place), fhir::path_of(place) + ": " + message});
}

void Loader::load(std::vector<SourceFile> files) {
    parse(std::move(files));
    load_value_sets();
    knowledge_.environment_.canonical_base = canonical_base;
    knowledge_.environment_.value_sets = &knowledge_.value_sets_;
    const Loadable* services = nullptr;
    for (const Loadable& plan : plans_) {
        const Node* actions = plan.root().find("action");
        const bool has_triggers =
            actions != nullptr &&
            std::any_of(actions->children().begin(), actions->children().end(),
                        [](const Node& action) { return action.find("trigger") != nullptr; });
        if (!has_triggers) continue;
        if (services != nullptr)
            problem(plan, plan.root(), "a second plan with triggers; the first is " + services->file);
        services = &plan;
    }
    if (services == nullptr) {
        problems.push_back(
            {"", 0, "expected one PlanDefinition whose actions have triggers (the services); found none"});
        return;
    }
    knowledge_.version_ = services->root().text_of("version");
    load_inputs(*services);
    load_libraries(*services);
    load_variables(*services);
    load_common_lines(*services);
    load_rules(*services);
    load_services(*services);
    if (problems.empty()) warn_of_unused(*services);
}

void Loader::parse(std::vector<SourceFile> files) {
    const fhir::Model& model = fhir::Model::r4();
    for (SourceFile& source : files) {
        auto document = fhir::Document::parse(std::move(source.text));
        if (!document) {
            const std::string& where = document.error().expression;
            problems.push_back(
                {source.name, 0, (where.empty() ? "" : where + ": ") + document.error().diagnostics});
            continue;
        }
        const Loadable file{document->get(), source.name};
        const Node& root = file.root();
        knowledge_.documents_.push_back(std::move(*document));
        if (root.resource_type == 0) {
            problem(file, root,
                    "expected a FHIR R4 resource; its resourceType is '" +
                        std::string(root.text_of("resourceType")) + "'");
            continue;
        }
        check_elements(file, root, root.resource_type);
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
            set_files_[&root] = file.file;
            continue;
        } else {
            problem(file, root,
                    "expected a PlanDefinition, Library, ActivityDefinition, ValueSet or CodeSystem");
            continue;
        }
        if (url.empty()) problem(file, root, "expected a url");
    }
    for (const Loadable& plan : plans_) {
        const Node* url = plan.root().find("url");  // null was reported above
        if (url != nullptr && !plans_by_url_.emplace(url->text(), &plan).second) {
            problem(plan, *url, "another plan has this url");
        }
    }
    for (const Loadable& activity : activities_) {
        const Node* url = activity.root().find("url");
        if (url != nullptr && !activities_by_url_.emplace(url->text(), &activity).second) {
            problem(activity, *url, "another activity has this url");
        }
    }
}

/// Every member must be an element of R4 and come as often as R4 allows: the guard against `conditon`, which
/// would make a rule fire always.
void Loader::check_elements(const Loadable& file, const Node& node, fhir::TypeId type) {
    const fhir::Model& model = fhir::Model::r4();
    static const fhir::NameId resource_type = model.name_id("resourceType");
    if (node.resource_type != 0) type = node.resource_type;
    if (node.is_array()) {
        for (const Node& item : node.children()) check_elements(file, item, type);
        return;
    }
    const bool expects_object =
        !model.is_primitive(type) && type >= static_cast<fhir::TypeId>(fhir::System::count);
    if (expects_object != node.is_object() && !node.is_null()) {
        problem(file, node, expects_object ? "expected an object" : "expected a value, not an object");
        return;
    }
    if (!node.is_object()) return;
    for (const Node& child : node.children()) {
        if (child.name_id == resource_type) continue;
        const auto [element, child_type] = model.member(type, child.name_id & ~fhir::NameId{1});
        if (element == nullptr) {
            problem(file, child,
                    "FHIR R4 has no element '" + std::string(child.name()) + "' in " +
                        std::string(model.type_name(type)));
            continue;
        }
        if ((child.name_id & 1) != 0) continue;  // the extensions of a primitive
        if (element->repeats != child.is_array()) {
            problem(file, child, element->repeats ? "expected an array" : "expected one value, not an array");
            continue;
        }
        check_elements(file, child, child_type);
    }
}

void Loader::load_value_sets() {
    std::vector<const Node*> resources;
    for (const Loadable& set : sets_) resources.push_back(&set.root());
    for (const fhir::ValueSets::Fault& fault : knowledge_.value_sets_.add(resources)) {
        problems.push_back({set_files_[fault.resource], 1, fault.path + ": " + fault.message});
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
            problem(file, pattern, "no such value set: " + std::string(name));
            continue;
        }
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
    for (const std::string_view name : {"missing", "failed", "paged", "unavailable"}) {
        knowledge_.environment_.add(std::string(name));
    }
    knowledge_.environment_.add("hook", {static_cast<fhir::TypeId>(fhir::System::String)});
    knowledge_.environment_.add("plan", {fhir::Model::r4().type_id("PlanDefinition")});
    knowledge_.environment_.add("activity", {fhir::Model::r4().type_id("ActivityDefinition")});
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
                if (input.type == 0) problem(plan, requirement, "expected a resource type of R4 in type");
                const Node* pattern = patterns.size() == 1 ? patterns[0]->find("valueString") : nullptr;
                if (pattern == nullptr) {
                    problem(plan, requirement,
                            "expected one cqf-fhirQueryPattern extension with a valueString");
                    continue;
                }
                input.query = query_template(plan, *pattern);
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
                        problem(plan, *extension, "expected valueCode missing, failed or paged");
                    }
                }
                if (knowledge_.environment_.find(input.id) != nullptr) {
                    problem(plan, requirement, "a second input named " + input.id);
                    continue;
                }
                input.slot = knowledge_.environment_.add(input.id, {input.type});
                inputs_of_[input.slot] = {knowledge_.inputs_.size()};
                knowledge_.inputs_.push_back(std::move(input));
            }
        }
    }
    if (knowledge_.inputs_.empty())
        problem(plan, plan.root(), "expected a contained Library with dataRequirement");
}

/// The concepts of the Libraries that `library` names, in that order; `#data` is the contained one with the
/// inputs.
void Loader::load_libraries(const Loadable& plan) {
    std::set<const Loadable*> named;
    if (const Node* list = plan.root().find("library")) {
        for (const Node& canonical : list->children()) {
            if (canonical.text().starts_with('#')) continue;
            const auto found =
                std::find_if(libraries_.begin(), libraries_.end(), [&](const Loadable& library) {
                    return library.root().text_of("url") ==
                           canonical.text().substr(0, canonical.text().find('|'));
                });
            if (found == libraries_.end()) {
                problem(plan, canonical, "no such Library: '" + std::string(canonical.text()) + "'");
            } else if (named.insert(&*found).second) {
                load_variables(*found);
            }
        }
    }
    for (const Loadable& library : libraries_) {
        if (!named.contains(&library))
            problem(library, library.root(), "no plan names this Library in its library");
    }
}

void Loader::load_variables(const Loadable& plan) {
    for (const Node* extension :
         extensions(plan.root(), "http://hl7.org/fhir/StructureDefinition/variable")) {
        const Node* expression = extension->find("valueExpression");
        if (expression == nullptr || expression->text_of("name").empty()) {
            problem(plan, *extension, "expected a valueExpression with a name");
            continue;
        }
        Variable variable;
        variable.name = expression->text_of("name");
        variable.description = expression->text_of("description");
        if (variable.description.empty()) {
            problem(plan, *expression, "expected a description that a clinician understands");
        }
        variable.expression = compile_expression(plan, *expression);
        if (knowledge_.environment_.find(variable.name) != nullptr) {
            problem(plan, *expression, "a second variable or input named " + variable.name);
            continue;
        }
        // Added after it was compiled: a variable sees only earlier ones, so there are no cycles.
        variable.slot = knowledge_.environment_.add(variable.name, variable.expression == nullptr
                                                                       ? std::vector<fhir::TypeId>{}
                                                                       : variable.expression->check_paths(0));
        if (variable.expression != nullptr) add_inputs(*variable.expression, inputs_of_[variable.slot]);
        knowledge_.variables_.push_back(std::move(variable));
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
                {std::string(expression->text_of("description")), compile_expression(plan, *expression)});
        }
        if (line.text.empty())
            problem(plan, *extension, "expected a sub-extension 'text' with a valueMarkdown");
        knowledge_.common_lines_.push_back(std::move(line));
    }
}

void Loader::load_rules(const Loadable& plan) {
    for (const Loadable& file : plans_) {
        if (&file == &plan) continue;
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
        if (trigger != nullptr && trigger->first_child != nullptr)
            service.hook = trigger->first_child->text_of("name");
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
                    problem(plan, child, "no such rule: '" + std::string(url) + "'");
                    continue;
                }
                service.rules.push_back(rule->get());
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

void Loader::warn_of_unused(const Loadable& plan) {
    std::set<std::size_t> used_inputs;
    for (const Service& service : knowledge_.services_)
        used_inputs.insert(service.inputs.begin(), service.inputs.end());
    for (std::size_t i = 0; i < knowledge_.inputs_.size(); ++i) {
        if (!used_inputs.contains(i))
            warning(plan, plan.root(), "no service uses the input " + knowledge_.inputs_[i].id);
    }
    for (const auto& rule : knowledge_.rules_) {
        const bool is_offered = std::any_of(
            knowledge_.services_.begin(), knowledge_.services_.end(), [&](const Service& service) {
                return std::find(service.rules.begin(), service.rules.end(), rule.get()) !=
                       service.rules.end();
            });
        if (!is_offered) warnings.push_back({rule->file, 1, "no service offers this rule"});
    }
}

}  // namespace cards
