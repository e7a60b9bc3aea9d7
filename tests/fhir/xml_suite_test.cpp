// FHIR XML against the official examples: each XML file of the FHIRPath suite is its JSON twin.
#include "fhir/document.hpp"
#include "tests/support/fhir_same.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace {

using fhir::testing::differences;
using fhir::testing::read_file;

/// Where the official twins themselves differ, and why: what the converter that made some of the JSON files
/// changed. patient-example.json and questionnaire-example.json, which it did not touch, have the very bytes
/// of the XML's div.
struct Known {
    const char *file, *path, *reason;
};
constexpr Known known_differences[] = {
    {"codesystem-example", "description", "JSON has one space for the line break and indent of the XML"},
    {"codesystem-example", "text", "JSON has a narrative that was generated, the XML has none"},
    {"observation-example", "text.div", "JSON has ' for &#39; of the XML"},
    {"patient-example-period", "text.div", "JSON is without line breaks and indents, and has \" for &quot;"},
    {"valueset-example-expansion", "text.div", "JSON is without line breaks and indents"},
};

/// Without the layout: references to quotes resolved, white space one space, none beside a tag.
std::string without_layout(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view rest = text.substr(i);
        if (rest.starts_with("&#39;")) {
            out += '\'';
            i += 4;
        } else if (rest.starts_with("&quot;")) {
            out += '"';
            i += 5;
        } else if (std::string_view(" \t\n").find(text[i]) == std::string_view::npos) {
            out += text[i];
        } else if (!out.ends_with(' ')) {
            out += ' ';
        }
    }
    for (const auto* const beside : {"> ", " <"}) {
        for (std::size_t at = 0; (at = out.find(beside, at)) != std::string::npos;)
            out.erase(out.find(' ', at), 1);
    }
    return out;
}

const fhir::Node* at(const fhir::Node& root, std::string_view path) {
    const std::size_t dot = path.find('.');
    const fhir::Node* found = root.find(path.substr(0, dot));
    return found == nullptr || dot == std::string_view::npos ? found : at(*found, path.substr(dot + 1));
}

TEST(XmlSuite, EveryXmlInputIsItsJsonTwin) {
    const char* given = std::getenv("FHIRPATH_SUITE");
    const std::filesystem::path folder =
        given ? std::filesystem::path(given) : std::filesystem::path(SOURCE_DIR) / "../shared/fhirpath-suite";
    if (!std::filesystem::exists(folder / "input-xml")) GTEST_SKIP() << "skipped: no FHIRPath suite";

    int compared = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder / "input-xml")) {
        const std::string name = file.path().stem().string();
        if (!std::filesystem::exists(folder / "input" / (name + ".json"))) continue;
        const auto xml = fhir::Document::read(read_file(file.path()));
        const auto json = fhir::Document::read(read_file(folder / "input" / (name + ".json")));
        ASSERT_TRUE(xml) << name << ": " << xml.error().expression << ": " << xml.error().diagnostics;
        ASSERT_TRUE(json) << name;

        for (const auto& [path, what] : differences((*xml)->root(), (*json)->root())) {
            const bool is_known =
                std::any_of(std::begin(known_differences), std::end(known_differences),
                            [&](const Known& known) { return name == known.file && path == known.path; });
            EXPECT_TRUE(is_known) << name << ": " << path << ": " << what;
            const fhir::Node* sent = at((*xml)->root(), path);
            if (!is_known || sent == nullptr) continue;
            EXPECT_EQ(without_layout(sent->text()), without_layout(at((*json)->root(), path)->text()))
                << name;
        }
        ++compared;
    }
    std::cout << compared << " XML inputs compared with their JSON twins\n";
    EXPECT_GT(compared, 0);
}

}  // namespace
