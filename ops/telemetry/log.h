// Structured logs: one JSON object a line, with time, level, node, a stable dotted event name and
// typed fields. A Field takes only what is fit for a log: Sensitive values, accounts and persons do
// not convert, so personal data cannot be written by mistake. Any thread may write; nobody waits
// for the disk. Lines pass through a bounded queue to one writing thread; when it is full the
// oldest line is dropped and counted. The destructor writes out what is queued.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "events/core/clock.h"
#include "events/core/ids.h"
#include "events/core/result.h"
#include "events/core/sensitive.h"

namespace chopmark::telemetry {

enum class Level : std::uint8_t { debug, info, warn, error };

/// A name (snake_case, ending in its unit if it has one) and a value. Views live for the call.
class Field {
  public:
    using Value =
        std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view, std::string>;

    Field(std::string_view name, std::string_view text) : name_(name), value_(text) {}
    Field(std::string_view name, const char* text) : name_(name), value_(std::string_view(text)) {}
    Field(std::string_view name, const std::string& text)
        : name_(name), value_(std::string_view(text)) {}
    Field(std::string_view name, std::same_as<bool> auto flag) : name_(name), value_(flag) {}
    Field(std::string_view name, std::signed_integral auto number)
        : name_(name), value_(std::int64_t{number}) {}
    template <std::unsigned_integral Number>
    requires(!std::same_as<Number, bool>) Field(std::string_view name, Number number)
        : name_(name), value_(std::uint64_t{number}) {}
    Field(std::string_view name, double number) : name_(name), value_(number) {}
    Field(std::string_view name, Instant at) : name_(name), value_(to_string(at)) {}
    /// "reason.name: detail".
    Field(std::string_view name, const Error& error) : name_(name), value_(to_string(error)) {}
    template <class Tag, std::size_t N>
    Field(std::string_view name, const OpaqueId<Tag, N>& id) : name_(name), value_(id.hex()) {}
    template <class Tag, class Integer>
    Field(std::string_view name, NumberId<Tag, Integer> id)
        : name_(name), value_(std::uint64_t{id.value()}) {}

    Field(std::string_view, const AccountId&) = delete;
    Field(std::string_view, const PersonId&) = delete;
    Field(std::string_view, KeyIndex) = delete;
    template <class T>
    Field(std::string_view, const Sensitive<T>&) = delete;

    [[nodiscard]] std::string_view name() const { return name_; }
    [[nodiscard]] const Value& value() const { return value_; }

  private:
    std::string_view name_;
    Value value_;
};

struct LogOptions {
    std::string node;                                // written into every line
    Level level = Level::info;                       // what is less important is not written
    std::string file;                                // empty: standard error
    std::uint64_t file_bytes = 64ULL * 1024 * 1024;  // then the file is put aside
    std::uint32_t files = 8;                         // put aside; older ones are deleted
    std::size_t queue_lines = 8192;                  // beyond it the oldest is dropped
};

/// The file cannot be opened for appending.
inline constexpr Reason log_unwritable{"telemetry.log_unwritable", Kind::unavailable};

class Log {
  public:
    static Result<std::unique_ptr<Log>> open(const LogOptions& options, const Clock& clock);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    using Fields = std::initializer_list<Field>;
    void write(Level level, std::string_view event, Fields fields = {});
    void debug(std::string_view event, Fields fields = {}) { write(Level::debug, event, fields); }
    void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
    void warn(std::string_view event, Fields fields = {}) { write(Level::warn, event, fields); }
    void error(std::string_view event, Fields fields = {}) { write(Level::error, event, fields); }

    /// Asks the writing thread to hand what it has to the system. Lines of warn and error do so by
    /// themselves; the owner calls this about once a second for the rest.
    void flush();
    /// Lines dropped because the queue was full.
    [[nodiscard]] std::uint64_t dropped() const;

  private:
    struct Parts;
    explicit Log(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// The line that Log writes, without its newline.
//
// line  = {"at":RFC3339,"level":text,"node":text,"event":text *(,NAME:value)}
// value = true | false | number | text; a text that is not UTF-8 has U+FFFD where it is not
std::string log_line(Instant at, Level level, std::string_view node, std::string_view event,
                     Log::Fields fields);

}  // namespace chopmark::telemetry
