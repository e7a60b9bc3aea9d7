// ValueSet: expands enumerated value sets at load and answers membership at run time.
#include "fhir/valueset.hpp"

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

/// Expands one resource after another, included sets first.
class Expansion {
  public:
    using Add = std::function<void(std::string_view system, std::string_view code, std::string_view display)>;

    Expansion(const std::map<std::string_view, const Node*>& resources, std::vector<ValueSets::Fault>& faults)
        : resources_(resources), faults_(faults) {}

    void expand(const Node& resource, const Add& add) {
        const std::string_view url = resource.text_of("url");
        if (!open_.insert(std::string(url)).second) {
            fault(resource, "it includes itself", "compose.include.valueSet");
            return;
        }
        if (const Node* expansion = resource.find("expansion"))
            read_contains(expansion->find("contains"), add);
        if (const Node* compose = resource.find("compose")) {
            if (compose->find("exclude") != nullptr) {
                fault(resource, "exclude is not supported: list the codes that are in", "compose.exclude");
            }
            if (const Node* includes = compose->find("include")) {
                for (const Node& include : includes->children()) read_include(resource, include, add);
            }
        }
        open_.erase(std::string(url));
    }

  private:
    void fault(const Node& resource, std::string message, std::string path) {
        faults_.push_back({&resource, std::move(message), std::move(path)});
    }

    static void read_contains(const Node* contains, const Add& add) {
        if (contains == nullptr) return;
        for (const Node& item : contains->children()) {
            add(item.text_of("system"), item.text_of("code"), item.text_of("display"));
            read_contains(item.find("contains"), add);
        }
    }

    void read_include(const Node& resource, const Node& include, const Add& add) {
        const std::string_view system = include.text_of("system");
        const Node* concepts = include.find("concept");
        const Node* sets = include.find("valueSet");
        if (include.find("filter") != nullptr) {
            fault(resource, "a filter needs a terminology server: enumerate the codes",
                  path_of(include) + ".filter");
            return;
        }
        if (concepts == nullptr && sets == nullptr) {
            fault(resource, "expected concept or valueSet: a whole code system cannot be enumerated",
                  path_of(include));
            return;
        }
        if (concepts != nullptr && system.empty()) {
            fault(resource, "expected a system for these concepts", path_of(include));
            return;
        }
        if (concepts != nullptr) {
            for (const Node& concept_node : concepts->children()) {
                add(system, concept_node.text_of("code"), concept_node.text_of("display"));
            }
        }
        if (sets == nullptr) return;
        for (const Node& included : sets->children()) {
            const auto found = resources_.find(without_version(included.text()));
            if (found == resources_.end()) {
                fault(resource, "no such value set: " + std::string(included.text()), path_of(included));
            } else {
                expand(*found->second, add);
            }
        }
    }

    const std::map<std::string_view, const Node*>& resources_;
    std::vector<ValueSets::Fault>& faults_;
    std::set<std::string> open_;
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
            faults.push_back({resource, "expected a url", "url"});
        } else if (sets_.contains(url) || !by_url.emplace(url, resource).second) {
            faults.push_back({resource, "another value set has this url: " + std::string(url), "url"});
        }
    }
    Expansion expansion(by_url, faults);
    for (const auto& [url, resource] : by_url) {
        auto set = std::make_unique<ValueSet>();
        set->resource_ = resource;
        set->url_ = url;
        const std::size_t faults_before = faults.size();
        expansion.expand(*resource, [&, resource = resource](std::string_view system, std::string_view code,
                                                             std::string_view display) {
            if (code.empty()) {
                faults.push_back({resource, "a concept without code", "compose.include.concept"});
                return;
            }
            std::string system_buffer, code_buffer;
            const std::string canonical(canonical_system(system, system_buffer));
            std::string key = canonical + "|";
            key += canonical_code(canonical, code, code_buffer);
            if (!set->codes_.insert(std::move(key)).second) return;
            if (std::find(set->systems_.begin(), set->systems_.end(), canonical) == set->systems_.end()) {
                set->systems_.push_back(canonical);
            }
            std::string shown(display);
            if (shown.empty()) {
                const auto found = displays.find(std::string(system) + "|" + std::string(code));
                if (found != displays.end()) shown = found->second;
            }
            set->codings_.push_back({std::string(system), std::string(code), std::move(shown)});
        });
        if (set->codings_.empty() && faults.size() == faults_before) {
            faults.push_back({resource, "the value set is empty", "compose"});
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
