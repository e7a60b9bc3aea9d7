// JsonWriter: JSON text appended to a string; the only place where our JSON is spelled out.
#pragma once

#include "fhir/document.hpp"

#include <string>
#include <string_view>

namespace fhir {

/// Appends `text` as a JSON string with quotes. Invalid UTF-8 cannot occur: all text comes from the parser or
/// from us.
void write_json_string(std::string& out, std::string_view text);

/// Appends a node as JSON: numbers as they were written, no white space.
void write_json(std::string& out, const Node& node);

/// Writes objects and arrays member by member; commas are its business.
///     JsonWriter json(out);
///     json.begin_object();
///     json.member("summary", card.summary);
///     json.key("links"); json.begin_array(); ... json.end_array();
///     json.end_object();
class JsonWriter {
  public:
    explicit JsonWriter(std::string& out) : out_(out) {}
    void begin_object();
    void end_object();
    void begin_array();
    void end_array();
    void key(std::string_view name);
    void value(std::string_view text);
    void value(const char* text) { value(std::string_view(text)); }
    void value(bool flag);
    void value(std::int64_t number);
    void value(const Node& node);
    void written(std::string_view json);  ///< values or members that another writer has written
    template <class T>
    void member(std::string_view name, const T& item) {
        key(name);
        value(item);
    }

  private:
    void comma();
    std::string& out_;
    bool first_ = true;
};

}  // namespace fhir
