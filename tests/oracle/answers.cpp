// Answers: what our engine says to expressions, one JSON line each, for the comparison with another engine
// (compare.js).
#include "tests/support/cards_clinical.hpp"

#include "cards/chart.hpp"
#include "fhir/fhirpath/expression.hpp"
#include "fhir/json_writer.hpp"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>

namespace {

using fhirpath::Item;

constexpr const char* clock_time = "2026-01-15T12:00:00.000Z";  // the other engine is told the same

/// A number, boolean or text; dates, times and quantities as FHIRPath's toString(); else the element's JSON.
/// False: no value (an element of extensions only).
bool write(std::string& out, const Item& item, std::pmr::memory_resource& arena) {
    if (item.tag == Item::Tag::type_info) {
        const std::string name(fhir::Model::r4().type_name(item.type));
        fhir::write_json_string(out, name.starts_with("System.") ? name : "FHIR." + name);
        return true;
    }
    if (item.is_node()) {
        if (item.node) fhir::write_json(out, *item.node);
        return item.node != nullptr;
    }
    const std::string text =
        item.tag == Item::Tag::quantity ? item.quantity->to_string() : display_text(item, arena).value_or("");
    if (item.tag == Item::Tag::boolean || item.tag == Item::Tag::integer || item.tag == Item::Tag::decimal)
        out += text;
    else
        fhir::write_json_string(out, text);
    return true;
}

/// A clinical case as the engine sees it: the inputs and variables that its rules have.
class ChartOf {
  public:
    explicit ChartOf(const std::string& name)
        : document_(std::move(
              fhir::Document::parse(boost::json::serialize(clinical::request_of(
                                        clinical::json_of(SOURCE_DIR "/tests/clinical/" + name).as_object())))
                  .value())),
          chart_(cards::Chart::from_request(clinical::knowledge(), *document_->root().find("context"),
                                            document_->root().find("prefetch"))) {}

    const fhir::Node& context() const { return chart_.context(); }

    void fill(fhirpath::Scope& scope) const {
        scope.set_context(Item::of_root(chart_.context()));
        scope.set_resolver(
            [this](std::string_view reference, const fhir::Node&) { return chart_.resolve(reference); });
        const auto& inputs = clinical::knowledge().inputs();
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            auto items = scope.collection();
            for (const fhir::Node* resource : chart_.inputs()[i].resources)
                items.push_back(Item::of_root(*resource));
            scope.set(inputs[i].slot, std::move(items));
        }
        for (const char* name : {"missing", "failed", "paged", "unavailable"})
            scope.set(*scope.environment().find(name), scope.collection());
        auto hook = scope.collection();
        hook.push_back(Item::of(std::string_view("patient-view")));
        scope.set(*scope.environment().find("hook"), std::move(hook));
        scope.define(clinical::knowledge().definitions());
    }

    /// {"context": …, "inputs": {id: [resource…]}}, for the other engine.
    std::string json() const {
        std::string out;
        fhir::JsonWriter writer(out);
        writer.begin_object();
        writer.member("context", chart_.context());
        writer.key("inputs");
        writer.begin_object();
        const auto& inputs = clinical::knowledge().inputs();
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            writer.key(inputs[i].id);
            writer.begin_array();
            for (const fhir::Node* resource : chart_.inputs()[i].resources) writer.value(*resource);
            writer.end_array();
        }
        writer.end_object();
        writer.end_object();
        return out;
    }

  private:
    std::unique_ptr<const fhir::Document> document_;
    cards::Chart chart_;
};

std::string answer(const std::string& text, const fhir::Node* focus, const ChartOf* chart) {
    static const fhirpath::Environment none;
    const fhirpath::Environment& environment = chart ? clinical::knowledge().environment() : none;
    std::pmr::monotonic_buffer_resource arena;
    try {
        const auto expression = fhirpath::Expression::compile(text, environment);
        fhirpath::Scope scope(environment, arena, {*fhirpath::Temporal::parse_date_time(clock_time)});
        if (chart) chart->fill(scope);
        const Item item = focus ? Item::of_root(*focus) : Item();
        std::string out = "[";
        for (const Item& one : expression.evaluate(scope, focus ? &item : nullptr)) {
            std::string value;
            if (write(value, one, arena)) out += (out.size() > 1 ? "," : "") + value;
        }
        return out + "]";
    } catch (const fhirpath::Error& error) {
        std::string out = "{\"error\":";
        fhir::write_json_string(out, error.what());
        return out + "}";
    }
}

}  // namespace

/// Reads lines {"input": FILE, "expression": …} or {"chart": CASE, "expression": …} and answers each with a
/// JSON array or {"error": …}; {"chart": CASE} alone is answered with the chart itself.
int main() {
    std::map<std::string, std::unique_ptr<const fhir::Document>> inputs;
    std::map<std::string, std::unique_ptr<const ChartOf>> charts;
    for (std::string line; std::getline(std::cin, line);) {
        const boost::json::object question = boost::json::parse(line).as_object();
        const ChartOf* chart = nullptr;
        const fhir::Node* focus = nullptr;
        if (question.contains("chart")) {
            const std::string name = clinical::string_of(question.at("chart"));
            auto& made = charts[name];
            if (!made) made = std::make_unique<ChartOf>(name);
            chart = made.get();
            focus = &chart->context();
        } else if (question.contains("input")) {
            const std::string name = clinical::string_of(question.at("input"));
            auto& made = inputs[name];
            if (!made) {
                std::ifstream file(name, std::ios::binary);
                made = std::move(fhir::Document::parse({std::istreambuf_iterator<char>(file), {}}).value());
            }
            focus = &made->root();
        }
        const std::string out = question.contains("expression")
                                    ? answer(clinical::string_of(question.at("expression")), focus, chart)
                                    : chart->json();
        std::printf("%s\n", out.c_str());
    }
}
