// The hooks of the CDS Hooks library, and what their contexts hold.
#include "cards/hook_table.hpp"

#include "fhir/nearest_name.hpp"

#include <algorithm>
#include <array>

namespace cards {

namespace {

constexpr std::array<std::string_view, 10> hooks = {
    "patient-view",     "encounter-start",  "encounter-discharge",      "order-select",
    "order-sign",       "order-dispatch",   "problem-list-item-create", "allergyintolerance-create",
    "appointment-book", "medication-refill"};

struct Member {
    std::string_view name, type;  // no type: an object that is no FHIR
};

constexpr std::array members = {
    Member{"userId", "System.String"},      Member{"patientId", "System.String"},
    Member{"encounterId", "System.String"}, Member{"selections", "System.String"},
    Member{"draftOrders", "Bundle"},        Member{"dispatchedOrders", "System.String"},
    Member{"performer", "System.String"},   Member{"fulfillmentTasks", ""},
    Member{"order", "System.String"},       Member{"task", ""},
    Member{"conditions", "Bundle"},         Member{"allergyIntolerance", "AllergyIntolerance"},
    Member{"appointments", "Bundle"},       Member{"medications", "Bundle"},
};

}  // namespace

bool is_known_hook(std::string_view hook) {
    return std::find(hooks.begin(), hooks.end(), hook) != hooks.end();
}

std::string nearest_hook(std::string_view hook) {
    fhir::NearestName nearest(hook);
    for (const std::string_view known : hooks) nearest.look_at(known);
    return nearest.question();
}

std::map<std::string, std::vector<fhir::TypeId>, std::less<>> hook_context_members() {
    std::map<std::string, std::vector<fhir::TypeId>, std::less<>> found;
    for (const Member& member : members) {
        std::vector<fhir::TypeId> types;
        if (!member.type.empty()) types.push_back(fhir::Model::r4().type_id(member.type));
        found.emplace(member.name, std::move(types));
    }
    return found;
}

}  // namespace cards
