#include "aggregates/citizen/profile.h"

#include <algorithm>
#include <array>
#include <set>

#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/state.h"
#include "aggregates/citizen/testimony.h"
#include "events/schema/event.h"

namespace chopmark::citizen {
namespace {

constexpr std::array<std::string_view, 6> card_fields{"idNo",           "enName",    "chName",
                                                      "chNameVerified", "birthDate", "gender"};
constexpr std::array<std::string_view, 11> eme_fields{
    "prefix",         "maritalStatus",  "homeTelNumber",      "officeTelNumber",
    "mobileNumber",   "emailAddress",   "residentialAddress", "postalAddress",
    "educationLevel", "addressDocInfo", "addressDocFile"};

Result<void> check_may_change(const State& state, const DeviceProof& proof,
                              const Context& context) {
    CHOPMARK_TRY(check_active(state));
    return check(state, proof, context);
}

Result<void> check_may_change_fields(const State& state, const DeviceProof& proof,
                                     const Context& context) {
    CHOPMARK_TRY(check_may_change(state, proof, context));
    if (!state.profile.enabled) {
        return profile_not_enabled;
    }
    return {};
}

/// Known names, each once, at least one.
Result<void> check_names(const std::vector<std::string_view>& names) {
    if (names.empty()) {
        return profile_no_fields;
    }
    std::set<std::string_view> seen;
    for (const std::string_view name : names) {
        if (!is_eme_field(name)) {
            return profile_unknown_field;
        }
        if (!seen.insert(name).second) {
            return profile_field_repeated;
        }
    }
    return {};
}

/// A value is here or in the blob store, never both and never nowhere. Its inside is for those who
/// show it: the shapes of the wire change without us.
Result<void> check_value(const ProfileValue& value) {
    const std::string& json = value.json.reveal();
    if (json.size() > limits::profile_value_bytes) {
        return profile_value_too_large;
    }
    if (json.empty() != value.blob.has_value()) {
        return profile_value_malformed;
    }
    return {};
}

Decision decide_one(const State& state, const EnableProfile& command, const Context& context) {
    CHOPMARK_TRY(check_may_change(state, command.proof, context));
    if (state.profile.enabled) {
        return profile_already_enabled;
    }
    auto event = draft<schema::ProfileEnabled>(context, schema::DONE);
    testify(event, command.proof, context);
    return event;
}

Decision decide_one(const State& state, const SetProfileFields& command, const Context& context) {
    CHOPMARK_TRY(check_may_change_fields(state, command.proof, context));
    std::vector<std::string_view> names;
    for (const ProfileValue& value : command.values) {
        names.push_back(value.name);
    }
    CHOPMARK_TRY(check_names(names));
    for (const ProfileValue& value : command.values) {
        CHOPMARK_TRY(check_value(value));
    }
    auto event = draft<schema::ProfileFieldsSet>(context, schema::DONE);
    testify(event, command.proof, context);
    for (const ProfileValue& value : command.values) {
        event.mutable_leaf()->add_field_names(value.name);
        auto& out = *event.mutable_personal()->add_values();
        out.set_name(value.name);
        out.set_json(value.json.reveal());
        out.set_source(value.source);
        out.set_set_at_us(context.stamp.recorded_at.micros());
        if (value.blob) {
            out.set_blob_digest(value.blob->to_bytes());
        }
    }
    return event;
}

Decision decide_one(const State& state, const ClearProfileFields& command, const Context& context) {
    CHOPMARK_TRY(check_may_change_fields(state, command.proof, context));
    CHOPMARK_TRY(check_names({command.names.begin(), command.names.end()}));
    for (const std::string& name : command.names) {
        if (!state.profile.field_sources.contains(name)) {
            return profile_field_absent;
        }
    }
    auto event = draft<schema::ProfileFieldsCleared>(context, schema::DONE);
    testify(event, command.proof, context);
    for (const std::string& name : command.names) {
        event.mutable_leaf()->add_field_names(name);
    }
    return event;
}

Decision decide_one(const State& state, const DisableProfile& command, const Context& context) {
    CHOPMARK_TRY(check_may_change_fields(state, command.proof, context));
    auto event = draft<schema::ProfileDisabled>(context, schema::DONE);
    testify(event, command.proof, context);
    return event;
}

void end(ProfileState& state) {
    state.enabled = false;
    state.field_sources.clear();
    ++state.version;
}

}  // namespace

bool is_eme_field(std::string_view name) {
    return std::find(eme_fields.begin(), eme_fields.end(), name) != eme_fields.end();
}

bool is_card_field(std::string_view name) {
    return std::find(card_fields.begin(), card_fields.end(), name) != card_fields.end();
}

Decision decide(const State& state, const ProfileCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

std::vector<EventId> sources(const State&, const ProfileCommand&) { return {}; }

void evolve(ProfileState& state, const schema::ProfileEnabled&, const record::Stamp&) {
    state.enabled = true;
    ++state.version;
}

void evolve(ProfileState& state, const schema::ProfileFieldsSet& event,
            const record::Stamp& stamp) {
    for (const std::string& name : event.leaf().field_names()) {
        if (is_eme_field(name)) {
            state.field_sources[name] = stamp.event_id;
        }
    }
    ++state.version;
}

void evolve(ProfileState& state, const schema::ProfileFieldsCleared& event, const record::Stamp&) {
    for (const std::string& name : event.leaf().field_names()) {
        state.field_sources.erase(name);
    }
    ++state.version;
}

void evolve(ProfileState& state, const schema::ProfileDisabled&, const record::Stamp&) {
    end(state);
}

void evolve(ProfileState& state, const schema::AccountClosed&, const record::Stamp&) { end(state); }

void evolve(ProfileState& state, const schema::SubjectErased&, const record::Stamp&) { end(state); }

std::optional<EventId> source_of_field(const State& state, std::string_view name) {
    if (is_card_field(name)) {
        const EventId& source = state.account.card_source;
        return source.is_zero() ? std::nullopt : std::optional(source);
    }
    const auto known = state.profile.field_sources.find(std::string(name));
    return known != state.profile.field_sources.end() ? std::optional(known->second) : std::nullopt;
}

std::vector<std::string> fields_with_source(const State& state) {
    std::vector<std::string> names;
    if (!state.account.card_source.is_zero()) {
        names.assign(card_fields.begin(), card_fields.end());
    }
    for (const auto& [name, source] : state.profile.field_sources) {
        names.push_back(name);
    }
    return names;
}

}  // namespace chopmark::citizen
