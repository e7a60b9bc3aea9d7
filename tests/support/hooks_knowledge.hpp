// A small knowledge without medicine in it, so that tests of the service do not change with the clinical
// content.
#pragma once

#include "cards/knowledge.hpp"

#include <memory>
#include <string>
#include <vector>

namespace hooks::testing {

/// Services demo-view (patient-view), demo-start (encounter-start), demo-select, demo-sign, demo-problem, and
/// demo-off (patient-view, off by default). Inputs patient and conditions (required) and observations.
///
/// demo-view says "This patient has N conditions" with a suggestion if there are conditions, and "No
/// observation is on record" if there is none; demo-select, demo-sign and demo-problem say something about
/// each order or problem.
std::vector<cards::SourceFile> demo_files();
std::shared_ptr<const cards::Knowledge> demo_knowledge();

/// A patient-view request for demo-view: one condition, observations not sent.
std::string patient_view_request();

}  // namespace hooks::testing
