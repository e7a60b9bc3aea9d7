// A small invented knowledge for tests of the mechanism: one service about a cough, one rule, written as
// authors write it.
#pragma once

#include "cards/apply.hpp"
#include "cards/chart.hpp"
#include "cards/knowledge.hpp"

#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace cards {

/// `text` with the first `from` replaced by `to`; fails the test if there is none.
std::string replaced(std::string text, std::string_view from, std::string_view to);

/// The files of the small knowledge; tests change them with replaced().
struct SmallKnowledge {
    std::string plan, rule, activity, reasons;
    SmallKnowledge();
    std::vector<SourceFile> files() const;
    Knowledge::Loaded load() const { return Knowledge::load(files()); }
};

/// One evaluation of a request's JSON, with everything it needs kept alive.
struct Run {
    std::shared_ptr<const Knowledge> knowledge;
    std::unique_ptr<const fhir::Document> request;
    std::pmr::monotonic_buffer_resource arena;
    Evaluation evaluation;
};

/// Evaluates the knowledge's first service on `request` ({"context":…,"prefetch":…}) at 2026-01-15, with
/// `rules` switched on or off; uuids count u1, u2…
std::unique_ptr<Run> run(std::shared_ptr<const Knowledge> knowledge, std::string request,
                         const Switches& rules = {});

}  // namespace cards
