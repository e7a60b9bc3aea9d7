// ValueSet: expands enumerated value sets at load and answers membership at run time.
#include "fhir/valueset.hpp"

#include "fhir/nearest_name.hpp"

#include <algorithm>
#include <set>

namespace fhir {

namespace {

constexpr std::string_view icdo3 = "http://terminology.hl7.org/CodeSystem/icd-o-3";

/// `8000/3` says by its shape that it is ICD-O-3 morphology.
bool looks_like_morphology(std::string_view code) {
    const std::size_t slash = code.find('/');
    return slash != std::string_view::npos && slash >= 4 && slash + 1 < code.size() &&
           code.substr(slash - 4, 4).find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view without_version(std::string_view canonical) {
    return canonical.substr(0, canonical.find('|'));
}

using Displays = std::map<std::string, std::string, std::less<>>;  // "system|code" -> display

void read_displays(const Node& code_system, const Node& concepts, Displays& displays) {
    for (const Node& concept_node : concepts.children()) {
        displays.emplace(
            std::string(code_system.text_of("url")) + "|" + std::string(concept_node.text_of("code")),
            concept_node.text_of("display"));
        if (const Node* nested = concept_node.find("concept")) read_displays(code_system, *nested, displays);
    }
}

}  // namespace

CodeKey::CodeKey(std::string_view system, std::string_view code) {
    std::string system_buffer, code_buffer;
    if (system.empty()) {
        if (!looks_like_morphology(code)) return;
        system = icdo3;
    }
    system = canonical_system(system, system_buffer);
    code = canonical_code(system, code, code_buffer);
    if (system.size() + 1 + code.size() > text_.size()) return;
    system_size_ = system.size();
    size_ = system.size() + 1 + code.size();
    char* end = std::copy(system.begin(), system.end(), text_.data());
    *end++ = '|';
    std::copy(code.begin(), code.end(), end);
}

bool ValueSet::contains(const CodeKey& code) const {
    return std::find(systems_.begin(), systems_.end(), code.system()) != systems_.end() &&
           codes_.find(code.key()) != codes_.end();
}

const Membership* ValueSets::membership(const CodeKey& code) const {
    const auto found = memberships_.find(code.key());
    return found == memberships_.end() ? nullptr : &found->second;
}

const ValueSet* ValueSets::find(std::string_view url) const {
    const auto found = sets_.find(without_version(url));
    return found == sets_.end() ? nullptr : found->second.get();
}

namespace {

bool includes_sets(const Node& resource) {
    const Node* compose = resource.find("compose");
    const Node* includes = compose == nullptr ? nullptr : compose->find("include");
    return includes != nullptr &&
           std::any_of(includes->children().begin(), includes->children().end(),
                       [](const Node& include) { return include.find("valueSet") != nullptr; });
}

/// Expands one resource after another, included sets first. What is wrong in a set that others include is
/// reported once.
class Expansion {
  public:
    using Add = std::function<void(const Node& concept_node, std::string_view system)>;

    Expansion(const std::map<std::string_view, const Node*>& resources, std::vector<ValueSets::Fault>& faults)
        : resources_(resources), faults_(faults) {}

    /// Whether all could be read that `resource` is made of.
    bool expand(const Node& resource, const Add& add) {
        complete_ = true;
        expand_into(resource, add);
        return complete_;
    }

    void fault(const Node& place, std::string message) {
        complete_ = false;
        if (reported_.insert(&place).second) faults_.push_back({&place, std::move(message)});
    }

  private:
    void expand_into(const Node& resource, const Add& add) {
        open_.push_back(&resource);
        if (const Node* expansion = resource.find("expansion"))
            read_contains(expansion->find("contains"), add);
        if (const Node* compose = resource.find("compose")) {
            if (const Node* exclude = compose->find("exclude"))
                fault(*exclude, "exclude is not supported: list the codes that are in");
            if (const Node* includes = compose->find("include")) {
                for (const Node& include : includes->children()) read_include(include, add);
            }
        }
        open_.pop_back();
    }

    static void read_contains(const Node* contains, const Add& add) {
        if (contains == nullptr) return;
        for (const Node& item : contains->children()) {
            add(item, item.text_of("system"));
            read_contains(item.find("contains"), add);
        }
    }

    void read_include(const Node& include, const Add& add) {
        const std::string_view system = include.text_of("system");
        const Node* concepts = include.find("concept");
        const Node* sets = include.find("valueSet");
        if (const Node* filter = include.find("filter"))
            return fault(*filter, "a filter needs a terminology server: enumerate the codes");
        if (concepts == nullptr && sets == nullptr)
            return fault(include, "expected concept or valueSet: a whole code system cannot be enumerated");
        if (concepts != nullptr && sets != nullptr)
            return fault(include,
                         "concept and valueSet together mean their intersection: use one include for each");
        if (concepts != nullptr && system.empty())
            return fault(include, "expected a system for these concepts");
        if (concepts != nullptr) {
            for (const Node& concept_node : concepts->children()) add(concept_node, system);
        }
        if (sets == nullptr) return;
        for (const Node& included : sets->children()) read_included(included, add);
    }

    void read_included(const Node& included, const Add& add) {
        const auto found = resources_.find(without_version(included.text()));
        if (found == resources_.end()) return fault(included, unknown_set(included.text()));
        const auto again = std::find(open_.begin(), open_.end(), found->second);
        if (again == open_.end()) return expand_into(*found->second, add);
        complete_ = false;
        const std::set<const Node*> circle(again, open_.end());
        if (!circles_.insert(circle).second) return;
        std::string names;
        for (auto set = again; set != open_.end(); ++set) names += id_of((*set)->text_of("url")) + " -> ";
        fault(included, circle.size() == 1 ? "it includes itself"
                                           : "these value sets include each other: " + names +
                                                 id_of(found->second->text_of("url")));
    }

    std::string unknown_set(std::string_view url) const {
        const std::string id = id_of(without_version(url));
        NearestName nearest(id);
        for (const auto& [known, resource] : resources_) nearest.look_at(known.substr(known.rfind('/') + 1));
        return "no such value set: " + std::string(url) + nearest.question();
    }

    static std::string id_of(std::string_view url) { return std::string(url.substr(url.rfind('/') + 1)); }

    const std::map<std::string_view, const Node*>& resources_;
    std::vector<ValueSets::Fault>& faults_;
    std::vector<const Node*> open_;
    std::set<const Node*> reported_;
    std::set<std::set<const Node*>> circles_;
    bool complete_ = true;
};

}  // namespace

std::vector<ValueSets::Fault> ValueSets::add(const std::vector<const Node*>& resources) {
    static const TypeId value_set = Model::r4().type_id("ValueSet");
    static const TypeId code_system = Model::r4().type_id("CodeSystem");
    std::vector<Fault> faults;
    std::map<std::string_view, const Node*> by_url;
    Displays displays;
    for (const Node* resource : resources) {
        const std::string_view url = resource->text_of("url");
        if (resource->resource_type == code_system) {
            if (const Node* concepts = resource->find("concept"))
                read_displays(*resource, *concepts, displays);
        }
        if (resource->resource_type != value_set) continue;
        if (url.empty()) {
            faults.push_back({resource, "expected a url"});
        } else if (sets_.contains(url) || !by_url.emplace(url, resource).second) {
            faults.push_back({resource->find("url"), "another value set has this url: " + std::string(url)});
        }
    }
    Expansion expansion(by_url, faults);
    for (const auto& [url, resource] : by_url) {
        auto set = std::make_unique<ValueSet>();
        set->resource_ = resource;
        set->url_ = url;
        const auto add = [&](const Node& concept_node, std::string_view system) {
            const std::string_view code = concept_node.text_of("code");
            if (code.empty()) return expansion.fault(concept_node, "a concept without code");
            std::string system_buffer, code_buffer;
            const std::string canonical(canonical_system(system, system_buffer));
            std::string key = canonical + "|";
            key += canonical_code(canonical, code, code_buffer);
            if (!set->codes_.insert(std::move(key)).second) return;
            if (std::find(set->systems_.begin(), set->systems_.end(), canonical) == set->systems_.end()) {
                set->systems_.push_back(canonical);
            }
            std::string shown(concept_node.text_of("display"));
            if (shown.empty()) {
                const auto found = displays.find(std::string(system) + "|" + std::string(code));
                if (found != displays.end()) shown = found->second;
            }
            set->codings_.push_back({std::string(system), std::string(code), std::move(shown)});
        };
        // A set of empty sets is empty because of them.
        if (expansion.expand(*resource, add) && set->codings_.empty() && !includes_sets(*resource)) {
            const Node* compose = resource->find("compose");
            faults.push_back({compose != nullptr ? compose : resource, "the value set is empty"});
        }
        set->index_ = sets_.size();
        sets_.emplace(url, std::move(set));
    }
    for (const auto& [url, set] : sets_) {
        for (const std::string& code : set->codes_) {
            Membership& membership = memberships_[code];
            membership.resize(sets_.size() / 64 + 1);
            membership[set->index_ / 64] |= std::uint64_t{1} << (set->index_ % 64);
        }
    }
    return faults;
}

}  // namespace fhir
