// PopulationInput: names to files, files to charts.
#include "hooks/population_input.hpp"

#include "fhir/parse.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace hooks {

namespace {

bool holds_charts(const std::filesystem::path& file) {
    constexpr std::array<std::string_view, 4> endings = {".json", ".xml", ".ndjson", ".jsonl"};
    return std::find(endings.begin(), endings.end(), file.extension().string()) != endings.end();
}

}  // namespace

PopulationInput::PopulationInput(const std::vector<std::string>& names, InputText* opened) {
    if (opened != nullptr) {
        files_ = names;
        current_ = opened;
        next_file_ = 1;
        bytes_ = size_of_input(names.front());
        return;
    }
    for (const std::string& name : names) {
        std::error_code ignored;
        if (std::filesystem::is_directory(name, ignored)) {
            add_folder(name);
        } else if (name == "-" || InputText::open(name)) {
            files_.push_back(name);
        } else {
            fault_ = name + ": cannot be read";
        }
    }
    for (const std::string& file : files_) {
        const auto size = size_of_input(file);
        bytes_ = bytes_ && size ? std::optional(*bytes_ + *size) : std::nullopt;
    }
}

void PopulationInput::add_folder(const std::string& name) {
    const std::size_t before = files_.size();
    std::error_code error;
    std::filesystem::recursive_directory_iterator walk(name, error);
    for (; !error && walk != std::filesystem::recursive_directory_iterator(); walk.increment(error)) {
        std::error_code ignored;
        if (holds_charts(walk->path()) && walk->is_regular_file(ignored))
            files_.push_back(walk->path().string());
    }
    if (error) {
        fault_ = name + ": cannot be read: " + error.message();
    } else if (files_.size() == before) {
        fault_ = name + ": no .json, .xml or .ndjson file below it";
    }
    std::sort(files_.begin() + static_cast<std::ptrdiff_t>(before), files_.end());
}

void PopulationInput::close_current() {
    bytes_before_ = bytes_read();
    current_ = nullptr;
    own_.reset();
}

std::optional<ChartText> PopulationInput::next() {
    for (;;) {
        if (current_ != nullptr) {
            ChartText chart{.file = files_[next_file_ - 1], .line = 0, .text = {}, .fault = {}};
            if (auto line = current_->next_line()) {
                chart.line = line->number;
                chart.text = std::move(line->text);
                chart.bytes_read = bytes_read();
                if (line->too_long)
                    chart.fault =
                        "expected at most " + std::to_string(fhir::ParseLimits{}.bytes) + " bytes in a line";
                return chart;
            }
            const bool failed = current_->failed();
            close_current();
            if (failed) {
                chart.fault = "cannot be read to its end";
                chart.bytes_read = bytes_before_;
                return chart;
            }
        }
        if (next_file_ == files_.size()) return std::nullopt;
        const std::string& file = files_[next_file_++];
        own_ = InputText::open(file);
        if (own_ && own_->has_lines()) {
            current_ = &*own_;
            continue;
        }
        ChartText chart{.file = file, .line = 0, .text = {}, .fault = {}};
        if (own_) chart.text = own_->rest();
        if (!own_ || own_->failed()) chart.fault = "cannot be read";
        if (own_) bytes_before_ += own_->bytes_read();
        chart.bytes_read = bytes_before_;
        own_.reset();
        return chart;
    }
}

}  // namespace hooks
