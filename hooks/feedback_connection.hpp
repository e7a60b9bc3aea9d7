// The connection behind FeedbackDatabase, for its two sources: nothing else includes SQLiteCpp.
#pragma once

#include "hooks/feedback_database.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <optional>
#include <string>

namespace hooks {

struct FeedbackDatabase::Connection {
    Connection(const std::string& file, Access access);
    void prepare();

    SQLite::Database database;  // first: it must outlive its statements
    std::optional<SQLite::Statement> add_card, add_feedback, find_card;
};

}  // namespace hooks
