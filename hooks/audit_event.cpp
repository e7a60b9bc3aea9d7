// Element by element in the order of R4's AuditEvent.
#include "hooks/audit_event.hpp"

#include "fhir/json_writer.hpp"

#include <string_view>

namespace hooks {

namespace {

using fhir::Node;

constexpr std::string_view dicom = "http://dicom.nema.org/resources/ontology/DCM";
constexpr std::string_view balp_entity = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";
constexpr std::string_view entity_type = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
constexpr std::string_view entity_role = "http://terminology.hl7.org/CodeSystem/object-role";
constexpr std::string_view keyed_names = "https://asps-cds.example.org/fhir/keyed-name";

struct Code {
    std::string_view system, code, display;
};

class Writer {
  public:
    Writer(std::string& out, const Node& record) : json_(out), record_(record) {}

    void write() {
        json_.begin_object();
        json_.member("resourceType", "AuditEvent");
        coding("type",
               {"http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "Restful Operation"});
        json_.key("subtype");
        json_.begin_array();
        coding({"http://hl7.org/fhir/restful-interaction", "operation", "operation"});
        json_.end_array();
        json_.member("action", "E");
        json_.member("recorded", text("time"));
        const bool well = number("status") == "200";
        json_.member("outcome", well ? "0" : "4");
        if (!well) json_.member("outcomeDesc", "required data could not be had, or rules failed");
        agents();
        source();
        entities();
        json_.end_object();
    }

  private:
    std::string_view text(std::string_view member) const { return record_.text_of(member); }
    std::string_view number(std::string_view member) const {
        const Node* found = record_.find(member);
        return found ? found->text() : std::string_view();
    }

    void coding(const Code& code) {
        json_.begin_object();
        json_.member("system", code.system);
        json_.member("code", code.code);
        if (!code.display.empty()) json_.member("display", code.display);
        json_.end_object();
    }
    void coding(std::string_view name, const Code& code) {
        json_.key(name);
        coding(code);
    }
    void concept_of(std::string_view name, const Code& code) {
        json_.key(name);
        json_.begin_object();
        json_.key("coding");
        json_.begin_array();
        coding(code);
        json_.end_array();
        json_.end_object();
    }
    /// A Reference by identifier, or by display if `value` is "".
    void reference(std::string_view name, std::string_view type, std::string_view system,
                   std::string_view value, std::string_view display = {}) {
        json_.key(name);
        json_.begin_object();
        if (!type.empty()) json_.member("type", type);
        if (!value.empty()) {
            json_.key("identifier");
            json_.begin_object();
            if (!system.empty()) json_.member("system", system);
            json_.member("value", value);
            json_.end_object();
        }
        if (!display.empty()) json_.member("display", display);
        json_.end_object();
    }

    void agents() {
        json_.key("agent");
        json_.begin_array();
        json_.begin_object();
        concept_of("type", {dicom, "110153", "Source Role ID"});
        if (text("issuer").empty()) {
            reference("who", {}, {}, {}, "a client without a token");
        } else {
            reference("who", {}, {}, text("issuer"));
        }
        json_.member("requestor", text("user").empty());
        json_.end_object();
        json_.begin_object();
        concept_of("type", {dicom, "110152", "Destination Role ID"});
        reference("who", {}, {}, {}, "asps-cds " + std::string(text("program")));
        json_.member("requestor", false);
        json_.end_object();
        if (!text("user").empty()) {
            json_.begin_object();
            concept_of("type", {"http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP",
                                "information recipient"});
            reference("who", text("userType"), keyed_names, text("user"));
            json_.member("requestor", true);
            json_.end_object();
        }
        json_.end_array();
    }

    void source() {
        json_.key("source");
        json_.begin_object();
        reference("observer", {}, {}, {}, "asps-cds");
        json_.key("type");
        json_.begin_array();
        coding({"http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server"});
        json_.end_array();
        json_.end_object();
    }

    void detail(std::string_view type, std::string_view value) {
        if (value.empty()) return;
        json_.begin_object();
        json_.member("type", type);
        json_.member("valueString", value);
        json_.end_object();
    }

    void entities() {
        json_.key("entity");
        json_.begin_array();
        if (!text("patient").empty()) {
            json_.begin_object();
            reference("what", "Patient", keyed_names, text("patient"));
            coding("type", {entity_type, "1", "Person"});
            coding("role", {entity_role, "1", "Patient"});
            json_.end_object();
        }
        json_.begin_object();
        reference("what", {}, {}, text("requestId"));
        coding("type", {balp_entity, "XrequestId", {}});
        json_.end_object();
        decision();
        json_.end_array();
    }

    /// The decision: which service with which knowledge on which data, and the cards.
    void decision() {
        json_.begin_object();
        reference("what", {}, {}, text("input"));
        coding("type", {entity_type, "2", "System Object"});
        coding("role", {entity_role, "20", "Job"});
        json_.member("name", text("service"));
        json_.key("detail");
        json_.begin_array();
        detail("hook", text("hook"));
        detail("hookInstance", text("hookInstance"));
        detail("knowledge", text("knowledge"));
        detail("date", text("date"));
        if (const Node* cards = record_.find("cards")) {
            for (const Node& card : cards->children()) {
                std::string said(card.text_of("uuid"));
                said.append(" ").append(card.text_of("topic")).append(" ").append(card.text_of("indicator"));
                detail("card", said);
            }
        }
        json_.end_array();
        json_.end_object();
    }

    fhir::JsonWriter json_;
    const Node& record_;
};

}  // namespace

void append_audit_event(std::string& out, const Node& record) {
    Writer(out, record).write();
    out += '\n';
}

}  // namespace hooks
