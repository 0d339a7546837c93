#include "ops/cli/console.h"

#include <fmt/format.h>

#include <algorithm>

namespace chopmark::cli {
namespace {

constexpr Duration redraw_pause = std::chrono::milliseconds(100);
constexpr std::uint64_t bar_cells = 24;

Exit exit_of(Kind kind) {
    switch (kind) {
        case Kind::damaged:
            return Exit::fault;
        case Kind::invalid:
        case Kind::forbidden:
        case Kind::refused:
            return Exit::usage;
        case Kind::unauthenticated:
        case Kind::not_found:
        case Kind::conflict:
        case Kind::expired:
        case Kind::busy:
        case Kind::unavailable:
        case Kind::unknown:
        case Kind::internal:
            return Exit::unavailable;
    }
    return Exit::unavailable;
}

}  // namespace

void Console::note(std::string_view text) {
    clear_progress();
    if (!json_) {
        err_ << text << '\n';
    }
}

void Console::fail(const Error& error) {
    clear_progress();
    if (json_) {
        print({{"error", {{"reason", error.reason.name}, {"detail", error.detail}}}});
    } else {
        err_ << "chopmark: " << to_string(error) << '\n';
    }
    code_ = exit_of(error.kind());
}

void Console::progress(std::string_view label, std::uint64_t done, std::uint64_t total,
                       Instant now) {
    if (!terminal_ || json_ || (drawn_ && now - drawn_at_ < redraw_pause)) {
        return;
    }
    const std::uint64_t cells =
        total == 0 ? 0 : std::min(bar_cells, bar_cells * std::min(done, total) / total);
    err_ << fmt::format("\r\x1b[2K{} [{:#<{}}{:.<{}}] {} of {}", label, "", cells, "",
                        bar_cells - cells, grouped(done), grouped(total))
         << std::flush;
    drawn_ = true;
    drawn_at_ = now;
}

void Console::clear_progress() {
    if (drawn_) {
        err_ << "\r\x1b[2K" << std::flush;
        drawn_ = false;
    }
}

std::string grouped(std::uint64_t number) {
    std::string out = std::to_string(number);
    for (std::size_t at = out.size(); at > 3;) {
        at -= 3;
        out.insert(at, ",");
    }
    return out;
}

}  // namespace chopmark::cli
