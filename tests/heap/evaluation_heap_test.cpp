// Counts what evaluation takes from the heap: nothing, but for what RE2 takes inside itself to find groups. A
// program of its own, for it replaces operator new.
#include "cards/apply.hpp"
#include "fhir/document.hpp"
#include "fhir/fhirpath/error.hpp"
#include "tests/support/cards_clinical.hpp"

#include <gtest/gtest.h>

#include <dlfcn.h>

#include <cstdlib>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace {

bool counting = false;
std::size_t allocations = 0;

bool is_in_re2(void* caller) {
    Dl_info info{};
    return dladdr(caller, &info) != 0 &&
           std::string_view(info.dli_fname).find("libre2") != std::string_view::npos;
}

void* taken(std::size_t size, void* caller) {
    if (counting && !is_in_re2(caller)) ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}

}  // namespace

void* operator new(std::size_t size) {
    if (void* room = taken(size, __builtin_return_address(0))) return room;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return taken(size, __builtin_return_address(0));
}
void operator delete(void* room) noexcept { std::free(room); }
void operator delete(void* room, std::size_t) noexcept { std::free(room); }

namespace {

/// Allocations of the heap while every variable of the knowledge is computed for a case.
std::size_t allocations_of(const boost::json::object& test, const std::vector<std::byte>& room) {
    namespace json = boost::json;
    const auto document = fhir::Document::parse(json::serialize(clinical::request_of(test)));
    const fhir::Node& root = (*document)->root();
    const cards::Knowledge& knowledge = clinical::knowledge();
    const cards::Chart chart =
        cards::Chart::from_request(knowledge, *root.find("context"), root.find("prefetch"));
    const fhirpath::Now now{*fhirpath::Temporal::parse_date_time("2026-01-15T12:00:00+01:00")};
    std::pmr::monotonic_buffer_resource arena(const_cast<std::byte*>(room.data()), room.size(),
                                              std::pmr::null_memory_resource());
    [[maybe_unused]] const fhir::Node* none =
        chart.resolve("Patient/nobody");  // the chart makes its index once
    allocations = 0;
    cards::with_scope(knowledge, "patient-view", chart, now, arena, [&](fhirpath::Scope& scope) {
        for (const cards::Variable& variable : knowledge.variables()) {
            counting = true;
            try {
                scope.variable(variable.slot);
            } catch (const fhirpath::Error&) {  // its message is allowed to be on the heap
                counting = false;
            }
            counting = false;
        }
    });
    return allocations;
}

TEST(Evaluation, TakesNothingFromTheHeapForAnyVariableInAnyClinicalCase) {
    const std::vector<std::byte> room(16 * 1024 * 1024);  // the request's arena; it may not grow
    for (const auto& file : clinical::case_files()) {
        const boost::json::object test = clinical::json_of(file).as_object();

        EXPECT_EQ(allocations_of(test, room), 0U) << file;
    }
}

TEST(Evaluation, IsSeenByThisCount) {
    counting = true;
    const std::string long_enough(100, 'x');
    counting = false;

    EXPECT_GE(allocations, 1U) << long_enough;
}

}  // namespace
