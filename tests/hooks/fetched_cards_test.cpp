// Clinical cases twice: all data sent by prefetch, and all data fetched from a FHIR server. The cards are the
// same, whether a search comes in one page or in many.
#include "tests/support/cards_clinical.hpp"
#include "tests/support/hooks_fhir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <memory>
#include <string>

namespace {

using namespace hooks::testing;
namespace json = boost::json;

std::shared_ptr<const cards::Knowledge> shipped() {
    static const auto knowledge = cards::Knowledge::load(clinical::knowledge_files()).knowledge;
    return knowledge;
}

/// The prefetch of one case as the FHIR server that it came from.
class CaseServer {
  public:
    CaseServer(json::object prefetch, std::size_t pages) : prefetch_(std::move(prefetch)), pages_(pages) {}

    std::string base() const { return server_.url("/r4"); }
    std::size_t requests() const { return server_.requests().size(); }

  private:
    Script answer(const FhirRequest& request) const {
        for (const cards::Input& input : shipped()->inputs()) {
            const bool is_asked = request.is_for(input.query.substr(0, input.query.find_first_of("/?")));
            const json::value* value = prefetch_.if_contains(input.id);
            if (!is_asked || value == nullptr) continue;
            if (value->is_null()) return {send(fhir_bytes(bundle({})))};
            const json::object& resource = value->as_object();
            if (pages_ < 2 || resource.at("resourceType") != "Bundle") {
                return {send(fhir_bytes(json::serialize(resource)))};
            }
            return {send(fhir_bytes(page_of(resource, request)))};
        }
        return {send(fhir_bytes(R"({"resourceType":"OperationOutcome"})", "404 Not Found"))};
    }

    /// The part of the Bundle that the request asks for, with a link to the next.
    std::string page_of(json::object part, const FhirRequest& request) const {
        const std::size_t at = request.target.find("&page=");
        const std::size_t number = at == std::string::npos ? 0 : std::stoul(request.target.substr(at + 6));
        const json::array all = part.contains("entry") ? part.at("entry").as_array() : json::array();
        const std::size_t size = all.size() / pages_ + 1, begin = number * size;
        json::array entries;
        for (std::size_t i = begin; i < std::min(begin + size, all.size()); ++i) entries.push_back(all[i]);
        part["entry"] = std::move(entries);
        if (begin + size < all.size()) {
            const std::string next = "http://127.0.0.1" + server_.url("").substr(server_.url("").rfind(':')) +
                                     request.target.substr(0, at) + "&page=" + std::to_string(number + 1);
            part["link"] = json::array{{{"relation", "next"}, {"url", next}}};
        }
        return json::serialize(part);
    }

    const json::object prefetch_;
    const std::size_t pages_;
    FaultyServer server_{[this](const std::string& bytes) { return answer(FhirRequest(bytes)); }};
};

std::string call(const json::object& test, const json::object& request, const std::string& server,
                 bool has_prefetch) {
    json::object body{{"hook", clinical::service_of(*shipped(), test).hook},
                      {"hookInstance", "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"},
                      {"context", request.at("context")},
                      {"fhirServer", server},
                      {"fhirAuthorization", {{"access_token", "t"}, {"token_type", "Bearer"}}}};
    if (has_prefetch) body["prefetch"] = request.at("prefetch");
    return json::serialize(body);
}

/// Every eightieth case: each topic is among them.
TEST(FetchedCards, AreThoseOfPrefetchedData) {
    const auto files = clinical::case_files();
    std::size_t with_cards = 0, fetching = 0;
    for (std::size_t i = 0; i < files.size(); i += 80) {
        const json::object test = clinical::json_of(files[i]).as_object();
        const json::object request = clinical::request_of(test);
        const json::object& prefetch = request.at("prefetch").as_object();
        const bool is_partial = json::serialize(prefetch).find("\"next\"") != std::string::npos ||
                                json::serialize(prefetch).find("OperationOutcome") != std::string::npos;
        if (is_partial) continue;
        const std::string& service = clinical::service_of(*shipped(), test).id;
        for (const std::size_t pages : {std::size_t{1}, std::size_t{3}}) {
            const CaseServer server(prefetch, pages);
            CalledService called(listing(server.base()), shipped());

            const Answer sent =
                called.call(call(test, request, "https://not.listed.example.org", true), service);
            const Answer fetched = called.call(call(test, request, server.base(), false), service);

            EXPECT_EQ(fetched.status, sent.status) << files[i];
            EXPECT_EQ(without_uuids(fetched.body), without_uuids(sent.body)) << files[i] << " in " << pages;
            with_cards += sent.body.size() > 20 ? 1 : 0;
            fetching += server.requests() > 1 ? 1 : 0;
        }
    }
    EXPECT_GT(with_cards, 20U);
    EXPECT_GT(fetching, 40U);
}

/// Nearly every chart that is opened is of somebody else: where problems and observations say so, their EHR
/// is not asked for the rest.
TEST(FetchedCards, OfPatientsWithoutTheDiseaseNeedNoFetching) {
    const CaseServer server({}, 1);
    CalledService called(listing(server.base()), shipped());
    const json::object test;
    json::object request = clinical::request_of(test);
    json::object& prefetch = request.at("prefetch").as_object();
    prefetch["conditions"] = json::parse(bundle(
        {R"({"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p-1"},"code":{"text":"Asthma"}})"}));
    for (const char* key : {"reports", "imagingStudies", "procedures", "medicationRequests"})
        prefetch.erase(key);

    const Answer answer = called.call(call(test, request, server.base(), true), "asps-patient-view");

    EXPECT_EQ(answer.body, R"({"cards":[]})");
    EXPECT_EQ(server.requests(), 0U);
}

}  // namespace
