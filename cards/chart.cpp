// Chart: sorts what a request brought into inputs and their states, and leaves other patients' resources out.
#include "cards/chart.hpp"

#include <algorithm>
#include <tuple>

namespace cards {

std::string_view to_string(InputState state) {
    switch (state) {
        case InputState::present:
            return "present";
        case InputState::none:
            return "none";
        case InputState::missing:
            return "missing";
        case InputState::failed:
            return "failed";
        case InputState::paged:
            return "paged";
    }
    return "missing";
}

namespace {

using fhir::Node;

/// `Condition/c1` of `https://ehr/fhir/Condition/c1/_history/3`; {"", ""} if the text has no such shape.
struct TypeAndId {
    std::string_view type, id;
};

TypeAndId type_and_id(std::string_view reference) {
    reference = reference.substr(0, reference.find("/_history/"));
    const std::size_t id_at = reference.rfind('/');
    if (id_at == std::string_view::npos || id_at == 0) return {};
    const std::size_t type_at = reference.rfind('/', id_at - 1);
    const std::size_t type_start = type_at == std::string_view::npos ? 0 : type_at + 1;
    return {reference.substr(type_start, id_at - type_start), reference.substr(id_at + 1)};
}

struct Types {
    fhir::TypeId bundle, patient, operation_outcome, appointment;
    static const Types& r4() {
        const fhir::Model& model = fhir::Model::r4();
        static const Types types{model.type_id("Bundle"), model.type_id("Patient"),
                                 model.type_id("OperationOutcome"), model.type_id("Appointment")};
        return types;
    }
};

/// The member names that are asked of every entry of every Bundle, as ids.
const struct Names {
    fhir::NameId entry, resource, search, mode, full_url, subject, patient, reference, id, meta, version_id,
        link, relation, url, severity, issue, participant, actor;
    Names() {
        const fhir::Model& model = fhir::Model::r4();
        entry = model.name_id("entry");
        resource = model.name_id("resource");
        search = model.name_id("search");
        mode = model.name_id("mode");
        full_url = model.name_id("fullUrl");
        subject = model.name_id("subject");
        patient = model.name_id("patient");
        reference = model.name_id("reference");
        id = model.name_id("id");
        meta = model.name_id("meta");
        version_id = model.name_id("versionId");
        link = model.name_id("link");
        relation = model.name_id("relation");
        url = model.name_id("url");
        severity = model.name_id("severity");
        issue = model.name_id("issue");
        participant = model.name_id("participant");
        actor = model.name_id("actor");
    }
} names;

bool is_error(const Node& operation_outcome) {
    const Node* issues = operation_outcome.find(names.issue);
    if (issues == nullptr) return true;
    return std::any_of(issues->children().begin(), issues->children().end(), [](const Node& issue) {
        const std::string_view severity = issue.text_of(names.severity);
        return severity == "error" || severity == "fatal";
    });
}

/// The link to the next page, or null.
const Node* next_link(const Node& bundle) {
    const Node* links = bundle.find(names.link);
    if (links == nullptr) return nullptr;
    if (links->is_object()) return links->text_of(names.relation) == "next" ? links : nullptr;
    const auto found = std::find_if(links->children().begin(), links->children().end(),
                                    [](const Node& link) { return link.text_of(names.relation) == "next"; });
    return found == links->children().end() ? nullptr : &*found;
}

/// A Bundle's entries: the items of its array, or the one object that some senders put there instead.
struct Entries {
    const Node* first = nullptr;
    const Node* stop = nullptr;
    Node::Iterator begin() const { return {first}; }
    Node::Iterator end() const { return {stop}; }
};

Entries entries_of(const Node& bundle) {
    const Node* entries = bundle.find(names.entry);
    if (entries == nullptr) return {};
    if (entries->is_array()) return {entries->first_child, nullptr};
    return entries->is_object() ? Entries{entries, entries->next} : Entries{};
}

/// The value of a prefetch key. Before CDS Hooks 1.0 it came in an object with `response` and `resource`
/// (V-2).
const Node* unwrapped(const Node* value) {
    if (value == nullptr || !value->is_object() || value->find("resourceType") != nullptr) return value;
    const Node* resource = value->find(names.resource);
    return resource != nullptr && resource->is_object() ? resource : value;
}

/// The reference text of a Reference element, also if a sender made an array of it.
std::string_view reference_of(const Node* element) {
    if (element != nullptr && element->is_array()) element = element->first_child;
    if (element == nullptr) return {};
    return element->is_string() ? element->text() : element->text_of(names.reference);
}

}  // namespace

std::string_view next_page(const Node& bundle) {
    if (bundle.resource_type != Types::r4().bundle) return {};
    const Node* link = next_link(bundle);
    return link == nullptr ? std::string_view{} : link->text_of(names.url);
}

class ChartBuilder {
  public:
    ChartBuilder(const Knowledge& knowledge, Chart& chart) : knowledge_(knowledge), chart_(chart) {
        chart_.inputs_.resize(knowledge.inputs().size());
    }

    /// Remembers a resource, or a Bundle's resources, for resolve().
    void remember(const Node& value) {
        if (value.resource_type == Types::r4().bundle) {
            for (const Node& entry : entries_of(value)) {
                const Node* resource = entry.find(names.resource);
                if (resource == nullptr || !resource->is_object()) continue;
                chart_.entries_.push_back({entry.text_of(names.full_url), resource});
                if (resource->resource_type == Types::r4().patient)
                    patients_.push_back(chart_.entries_.back());
            }
        } else if (value.resource_type != 0) {
            chart_.entries_.push_back({{}, &value});
        }
    }

    void read_prefetch(std::size_t index, const Node* value) {
        const Input& input = knowledge_.inputs()[index];
        ChartInput& read = chart_.inputs_[index];
        if (value == nullptr) return;
        if (value->is_null()) {
            // A read has something or fails: null for the patient is no knowledge (P-5 speaks of searches).
            read.state = input.is_read() ? InputState::missing : InputState::none;
            return;
        }
        Pages pages;
        read_page(input, *value, read, pages);
        finish(input, pages, read);
    }

    void read_fetched(const FetchedInput& fetched, const Node* prefetched) {
        if (fetched.values.empty()) return;  // it stays as the request left it
        const Input& input = knowledge_.inputs()[fetched.input];
        ChartInput& read = chart_.inputs_[fetched.input];
        const std::size_t dropped = read.dropped;
        read = {};
        Pages pages;
        if (fetched.continues && prefetched != nullptr) {
            read_page(input, *prefetched, read, pages);
        } else {
            read.dropped = dropped;
        }
        for (const Node* value : fetched.values) read_page(input, *value, read, pages);
        pages.has_next = !fetched.whole;
        // Asked for this patient and given others: whoever answered so has not looked for this one.
        pages.has_only_others = read.resources.empty() && read.dropped > 0;
        finish(input, pages, read);
    }

    void take(const Node& resource, ChartInput& read) const {
        if (is_of_patient(resource)) {
            read.resources.push_back(&resource);
        } else {
            ++read.dropped;
        }
    }

    /// The hook's context without resources of another patient, lone or in its Bundles; the same node if
    /// there are none, which is nearly always so.
    const Node* own_context(const Node& context) {
        const auto is_foreign = [this](const Node& holder) {
            const Node* resource = holder.find(names.resource);
            return resource != nullptr && resource->is_object() && !is_of_patient(*resource);
        };
        const auto is_lone_and_foreign = [this](const Node& member) {
            return member.resource_type != 0 && !is_of_patient(member);
        };
        const auto has_foreign = [&](const Node& member) {
            if (!member.is_object()) return false;
            const Entries entries = entries_of(member);
            return std::any_of(entries.begin(), entries.end(), is_foreign);
        };
        const auto members = context.children();
        if (std::none_of(members.begin(), members.end(), [&](const Node& member) {
                return is_lone_and_foreign(member) || has_foreign(member);
            })) {
            return &context;
        }
        chart_.arena_ = std::make_unique<std::pmr::monotonic_buffer_resource>();
        fhir::TreeBuilder tree(*chart_.arena_);
        // Copies down to the entries; the resources themselves stay the same nodes.
        const auto keep = [&tree](const Node& parent, const auto& copied) {
            Node* made = tree.copy(parent);
            made->first_child = nullptr;
            Node* last = nullptr;
            for (const Node& child : parent.children()) {
                if (Node* twin = copied(child); twin != nullptr) last = tree.append(made, last, twin);
            }
            return made;
        };
        return keep(context, [&](const Node& member) -> Node* {
            if (is_lone_and_foreign(member)) return nullptr;
            if (!has_foreign(member)) return tree.copy(member);
            const Node* entries = member.find(names.entry);
            return keep(member, [&](const Node& part) -> Node* {
                if (&part != entries) return tree.copy(part);
                if (part.is_object()) return nullptr;  // the only entry, and a foreign one
                return keep(part, [&](const Node& entry) -> Node* {
                    return is_foreign(entry) ? nullptr : tree.copy(entry);
                });
            });
        });
    }

    /// A resource twice in one answer (search and include): the higher versionId stays, in the first one's
    /// place.
    static void drop_duplicates(std::vector<const Node*>& resources) {
        if (resources.size() < 2) return;
        std::vector<std::tuple<std::string_view, std::size_t>> by_id;
        by_id.reserve(resources.size());
        for (std::size_t i = 0; i < resources.size(); ++i) {
            const std::string_view id = resources[i]->text_of(names.id);
            if (!id.empty()) by_id.emplace_back(id, i);
        }
        std::sort(by_id.begin(), by_id.end());
        std::size_t first = 0;
        bool any = false;
        for (std::size_t i = 1; i < by_id.size(); ++i) {
            if (std::get<0>(by_id[i]) != std::get<0>(by_id[first])) {
                first = i;
                continue;
            }
            const Node*& kept = resources[std::get<1>(by_id[first])];
            const Node*& other = resources[std::get<1>(by_id[i])];
            if (version_of(*other) > version_of(*kept)) kept = other;
            other = nullptr;
            any = true;
        }
        if (any) std::erase(resources, nullptr);
    }

  private:
    static std::pair<std::size_t, std::string_view> version_of(const Node& resource) {
        const Node* meta = resource.find(names.meta);
        const std::string_view version =
            meta == nullptr ? std::string_view{} : meta->text_of(names.version_id);
        return {version.size(), version};  // numbers of one length compare as text
    }

    /// What the pages of one input said, beside their resources.
    struct Pages {
        bool was_read = false;  // one of them was a Bundle or a resource of the input's type
        bool has_failed = false, has_other = false, has_own = false, unreadable = false, has_next = false;
        bool has_only_others = false;
    };

    void read_page(const Input& input, const Node& value, ChartInput& read, Pages& pages) const {
        const Types& types = Types::r4();
        if (value.resource_type == types.operation_outcome) {
            pages.was_read = pages.has_failed = true;
        } else if (value.resource_type == types.bundle) {
            read_bundle(input, value, read, pages);
        } else if (value.resource_type == input.type) {
            pages.was_read = pages.has_own = true;
            pages.has_only_others = !is_of_patient(value);
            take(value, read);
        }
    }

    void read_bundle(const Input& input, const Node& bundle, ChartInput& read, Pages& pages) const {
        pages.was_read = true;
        pages.has_next = next_link(bundle) != nullptr;
        const Node* entries = bundle.find(names.entry);
        if (entries != nullptr && !entries->is_array()) {
            const bool is_lone = entries->is_object() && entries->find(names.resource) != nullptr;
            pages.unreadable = pages.unreadable || !(is_lone || entries->is_null());
        }
        for (const Node& entry : entries_of(bundle)) {
            const Node* resource = entry.find(names.resource);
            pages.unreadable = pages.unreadable || (resource != nullptr && !resource->is_object());
            if (resource == nullptr || !resource->is_object()) continue;
            const Node* search = entry.find(names.search);
            const std::string_view mode =
                search == nullptr ? std::string_view{} : search->text_of(names.mode);
            if (resource->resource_type == Types::r4().operation_outcome) {
                pages.has_failed = pages.has_failed || is_error(*resource);
            } else if (resource->resource_type == input.type) {
                pages.has_own = true;
                take(*resource, read);
            } else if (mode != "include" && mode != "outcome") {
                pages.has_other = true;
            }
        }
    }

    static void finish(const Input& input, const Pages& pages, ChartInput& read) {
        if (!pages.was_read) return;
        if (pages.has_failed) {
            read.state = InputState::failed;
        } else if (pages.has_next) {
            read.state = InputState::paged;
        } else if (pages.unreadable || (pages.has_other && !pages.has_own)) {
            read.state = InputState::missing;
        } else if (read.resources.empty()) {
            const bool is_unknown = input.is_read() || pages.has_only_others;
            read.state = is_unknown ? InputState::missing : InputState::none;
        } else {
            read.state = InputState::present;
        }
        drop_duplicates(read.resources);
    }

    /// P-14. No subject, or one whose form says nothing: kept, for the request asked by patient (fhir-data.md
    /// 8).
    bool is_of_patient(const Node& resource) const {
        const Types& types = Types::r4();
        if (resource.resource_type == types.patient) {
            const std::string_view id = resource.text_of(names.id);
            return id.empty() || id == chart_.patient_id_;
        }
        if (resource.resource_type == types.appointment) {
            const Node* participants = resource.find(names.participant);
            bool names_a_patient = false;
            if (participants != nullptr) {
                for (const Node& participant : participants->children()) {
                    const std::string_view actor = reference_of(participant.find(names.actor));
                    if (type_and_id(actor).type != "Patient") continue;
                    if (leads_to_patient(actor)) return true;
                    names_a_patient = true;
                }
            }
            return !names_a_patient;
        }
        const Node* subject = resource.find(names.subject);
        if (subject == nullptr) subject = resource.find(names.patient);
        const std::string_view reference = reference_of(subject);
        return reference.empty() || leads_to_patient(reference);
    }

    bool leads_to_patient(std::string_view reference) const {
        if (reference.starts_with('#')) return true;
        if (reference.starts_with("urn:")) {
            const auto found =
                std::find_if(patients_.begin(), patients_.end(),
                             [&](const Chart::Entry& entry) { return entry.full_url == reference; });
            return found == patients_.end() || found->resource->text_of(names.id) == chart_.patient_id_;
        }
        const TypeAndId parts = type_and_id(reference);
        if (parts.type.empty()) return reference == chart_.patient_id_;
        return parts.type == "Patient" && parts.id == chart_.patient_id_;
    }

    const Knowledge& knowledge_;
    Chart& chart_;
    std::vector<Chart::Entry> patients_;
};

Chart Chart::from_request(const Knowledge& knowledge, const Node& context, const Node* prefetch,
                          std::span<const FetchedInput> fetched) {
    Chart chart;
    chart.patient_id_ = context.text_of("patientId");
    ChartBuilder builder(knowledge, chart);
    for (const Node& member : context.children()) builder.remember(member);
    const bool has_prefetch = prefetch != nullptr && prefetch->is_object();
    if (has_prefetch) {
        for (const Node& member : prefetch->children()) builder.remember(*unwrapped(&member));
    }
    for (const FetchedInput& input : fetched) {
        for (const Node* value : input.values) builder.remember(*value);
    }
    chart.context_ = builder.own_context(context);
    const auto sent = [&](std::size_t input) {
        return has_prefetch ? unwrapped(prefetch->find(knowledge.inputs()[input].id)) : nullptr;
    };
    for (std::size_t i = 0; i < knowledge.inputs().size(); ++i) builder.read_prefetch(i, sent(i));
    for (const FetchedInput& input : fetched) builder.read_fetched(input, sent(input.input));
    return chart;
}

fhir::Result<Chart> Chart::from_bundle(const Knowledge& knowledge, const Node& bundle,
                                       std::pmr::memory_resource& arena) {
    using fhir::Issue;
    using fhir::IssueCode;
    const Node* patient = nullptr;
    if (bundle.resource_type != Types::r4().bundle || bundle.find(names.entry) == nullptr) {
        return Issue{IssueCode::invalid, "expected a FHIR Bundle with entries", ""};
    }
    for (const Node& entry : entries_of(bundle)) {
        const Node* resource = entry.find(names.resource);
        if (resource == nullptr || resource->resource_type != Types::r4().patient) continue;
        if (patient != nullptr && resource->text_of(names.id) != patient->text_of(names.id)) {
            return Issue{IssueCode::invalid, "expected one Patient in the Bundle, found a second",
                         path_of(*resource)};
        }
        patient = resource;
    }
    if (patient == nullptr || patient->text_of(names.id).empty()) {
        return Issue{IssueCode::required, "expected a Patient with an id in the Bundle", "entry"};
    }
    fhir::TreeBuilder tree(arena);
    Node* context = tree.make(fhir::Kind::object);
    Node* user = tree.append(context, nullptr, tree.make_string("userId", "Practitioner/unknown"));
    tree.append(context, user, tree.make_string("patientId", patient->text_of(names.id)));

    Chart chart;
    chart.context_ = context;
    chart.patient_id_ = context->text_of("patientId");
    ChartBuilder builder(knowledge, chart);
    builder.remember(bundle);
    const bool paged = next_link(bundle) != nullptr;
    for (std::size_t i = 0; i < knowledge.inputs().size(); ++i) {
        ChartInput& input = chart.inputs_[i];
        for (const Entry& entry : chart.entries_) {
            if (entry.resource->resource_type == knowledge.inputs()[i].type)
                builder.take(*entry.resource, input);
        }
        ChartBuilder::drop_duplicates(input.resources);
        input.state = paged && !knowledge.inputs()[i].is_read() ? InputState::paged
                      : input.resources.empty()                 ? InputState::none
                                                                : InputState::present;
    }
    return chart;
}

const Node* Chart::resolve(std::string_view reference) const {
    if (index_.empty() && !entries_.empty()) {
        index_.reserve(entries_.size());
        for (const Entry& entry : entries_) index_.emplace_back(entry.resource->text_of(names.id), &entry);
        std::stable_sort(index_.begin(), index_.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    if (reference.starts_with("urn:")) {
        const auto found = std::find_if(entries_.begin(), entries_.end(),
                                        [&](const Entry& entry) { return entry.full_url == reference; });
        return found == entries_.end() ? nullptr : found->resource;
    }
    const TypeAndId wanted = type_and_id(reference);
    if (wanted.type.empty()) return nullptr;
    const fhir::TypeId type = fhir::Model::r4().type_id(wanted.type);
    const Node* match = nullptr;
    auto place = std::lower_bound(index_.begin(), index_.end(), wanted.id,
                                  [](const auto& entry, std::string_view id) { return entry.first < id; });
    for (; place != index_.end() && place->first == wanted.id; ++place) {
        if (place->second->resource->resource_type != type) continue;
        if (place->second->full_url == reference) return place->second->resource;
        if (match == nullptr) match = place->second->resource;
    }
    return match;
}

}  // namespace cards
