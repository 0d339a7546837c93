// What a command of the tool speaks through: results to the output, in lines for people or as JSON,
// notes and progress to the error stream, and one exit code for scripts. Progress is drawn only on
// a terminal. One thread.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string_view>

#include "events/core/error.h"
#include "events/core/instant.h"

namespace chopmark::cli {

enum class Exit : std::uint8_t {
    ok = 0,
    fault = 1,        // looked, and found something wrong
    usage = 2,        // the command line, or what it names, will never do
    unavailable = 3,  // not there, in use, or out of order: try again, or elsewhere
};

class Console {
  public:
    /// `terminal`: the error stream is one, so that progress may be drawn over itself.
    Console(std::ostream& out, std::ostream& err, bool terminal)
        : out_(out), err_(err), terminal_(terminal) {}

    /// Set by the flag --json before any command runs.
    [[nodiscard]] bool& json() { return json_; }

    /// A line of the result.
    void line(std::string_view text) { out_ << text << '\n'; }
    void print(const nlohmann::ordered_json& result) { out_ << result.dump(2) << '\n'; }
    /// For people, beside the result.
    void note(std::string_view text);
    /// The command could not be done. The exit code follows from the kind.
    void fail(const Error& error);
    void finish(Exit code) { code_ = code; }
    [[nodiscard]] Exit code() const { return code_; }

    /// Draws "label 12,345 of 67,890" at most ten times a second.
    void progress(std::string_view label, std::uint64_t done, std::uint64_t total, Instant now);
    /// Removes what progress() drew.
    void clear_progress();

  private:
    std::ostream& out_;
    std::ostream& err_;
    bool terminal_;
    bool json_ = false;
    bool drawn_ = false;
    Instant drawn_at_;
    Exit code_ = Exit::ok;
};

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);

}  // namespace chopmark::cli
