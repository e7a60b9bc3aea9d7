// Feedback for other programs: a row of CSV, or a line of JSON, for each that came.
#pragma once

#include "hooks/feedback_database.hpp"

#include <string>

namespace hooks {

/// The names of the columns as a CSV line.
std::string csv_header(bool with_comments);

/// RFC 4180, with CR LF at the end. A spreadsheet would compute what begins like a formula, so such a field
/// gets an apostrophe before it. Comments, which may name a patient, are left out unless asked for.
void append_csv(std::string& out, const FeedbackRow& row, bool with_comments);

/// One JSON object and a line feed, members named as the columns; those without a value are left out.
void append_ndjson(std::string& out, const FeedbackRow& row, bool with_comments);

}  // namespace hooks
