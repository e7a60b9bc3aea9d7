// Clinical cases as requests: what a case file says in shorthand, and the answer of the shipped knowledge.
#pragma once

#include "cards/apply.hpp"
#include "cards/chart.hpp"
#include "cards/knowledge.hpp"

#include <boost/json.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clinical {

/// The knowledge as it is shipped; loaded once. Throws with all its problems if it has any.
const cards::Knowledge& knowledge();

/// Every case below tests/clinical, sorted.
std::vector<std::filesystem::path> case_files();
/// The cases of a folder are about the topics that its topics.json lists; without that file, about all of
/// them.
bool is_about(const std::filesystem::path& file, std::string_view topic);
boost::json::value json_of(const std::filesystem::path& path);
std::string string_of(const boost::json::value& value);

/// {"context": …, "prefetch": …} of a case.
boost::json::object request_of(const boost::json::object& test);

struct Answer {
    boost::json::object
        body;             ///< the CDS Hooks response, empty if there is none for want of a required input
    std::string reasons;  ///< of every rule, for messages
    std::vector<std::pair<std::string, cards::Outcome::Kind>> outcomes;
    bool precondition = false;
};

/// What the knowledge says to `request` in the service and at the date of `test`; uuids are counted.
Answer answer_to(const boost::json::object& test, const boost::json::object& request);
/// The same of another knowledge.
Answer answer_to(const cards::Knowledge& knowledge, const boost::json::object& test,
                 const boost::json::object& request);
/// The same of a chart that was read with this knowledge.
Answer answer_to(const cards::Knowledge& knowledge, const boost::json::object& test,
                 const cards::Chart& chart);
/// The moment that `test` happens at.
fhirpath::Now now_of(const boost::json::object& test);
/// The service that `test` asks.
const cards::Service& service_of(const cards::Knowledge& knowledge, const boost::json::object& test);
/// The files of the shipped knowledge.
std::vector<cards::SourceFile> knowledge_files();

}  // namespace clinical
