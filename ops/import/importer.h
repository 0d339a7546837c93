// Writes a foreign sign-in log into a scratch journal of environment `import`: one SignInImported a
// line, recorded at the line's own time, sealed as every event is, and a cut at the end that
// vouches for all of it. An address, its network and a user are keyed tokens in the link layer; in
// clear they lie in the personal box alone. The folder's keys are drawn from the file's first time
// on, so that the periods are those of the file. Several files may go into one folder in the order
// of their times. One thread.
#pragma once

#include <functional>
#include <istream>
#include <map>
#include <string>
#include <vector>

#include "events/core/instant.h"
#include "events/core/result.h"
#include "ops/data_folder.h"
#include "ops/import/auth_log.h"

namespace chopmark::schema {
class SignInImported;
}

namespace chopmark::import {

/// The folder is a deployment's, not an import's.
inline constexpr Reason not_a_scratch{"import.not_a_scratch", Kind::conflict};
/// The file begins before the end of what is in the folder.
inline constexpr Reason out_of_order{"import.out_of_order", Kind::conflict};
/// No line of the file is a sign-in.
inline constexpr Reason nothing_found{"import.nothing_found", Kind::invalid};
inline constexpr Reason term_lost{"import.term_lost", Kind::unavailable};

struct SourceCounts {
    std::uint64_t attempts = 0;
    std::uint64_t failures = 0;
    std::uint64_t users = 0;  // different ones tried
};

struct ImportReport {
    std::uint64_t lines = 0;
    std::uint64_t other_lines = 0;  // of syslog, but no sign-in
    std::uint64_t malformed_lines = 0;
    std::uint64_t records = 0;   // events written
    std::uint64_t repeated = 0;  // lines that stand for several attempts
    std::uint64_t accepted = 0;  // attempts, repeats counted
    std::uint64_t failed = 0;
    std::uint64_t reordered = 0;  // lines before the one before them: recorded with its time
    int first_year = 0;
    int last_year = 0;
    Instant first;
    Instant last;
    /// By the token of the address, hex.
    std::map<std::string, SourceCounts> sources;
};

struct ImportRequest {
    ops::DataFolder into;
    std::string source;  // name of the file or system, said in every event
    int year = 1970;     // of the first line
    std::chrono::minutes zone{};
    /// Hears every event with its time, after it was handed to the journal; for who reports more
    /// than counts. May be empty.
    std::function<void(const schema::SignInImported&, Instant)> seen;
    /// Told now and then how many bytes of the file were read. May be empty.
    std::function<void(std::uint64_t bytes)> progress;
};

Result<ImportReport> import_auth_log(std::istream& file, const ImportRequest& request);

/// The newest year in which the first sign-in of the file does not lie after `now`, for files whose
/// year nobody knows. Reads the file's first lines and puts it back to its start.
Result<int> newest_possible_year(std::istream& file, std::chrono::minutes zone, Instant now);

}  // namespace chopmark::import
