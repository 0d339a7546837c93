#include "ops/telemetry/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace chopmark::telemetry {
namespace {

spdlog::level::level_enum level_of(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warn:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

spdlog::sink_ptr make_sink(const LogOptions& options) {
    if (options.file.empty()) {
        return std::make_shared<spdlog::sinks::stderr_sink_mt>();
    }
    return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(options.file, options.file_bytes,
                                                                  options.files);
}

}  // namespace

struct Log::Parts {
    Parts(const LogOptions& options, const Clock& its_clock)
        : node(options.node),
          clock(its_clock),
          writer(std::make_shared<spdlog::details::thread_pool>(options.queue_lines, 1)),
          logger(std::make_shared<spdlog::async_logger>(
              "", make_sink(options), writer, spdlog::async_overflow_policy::overrun_oldest)) {
        logger->set_pattern("%v", spdlog::pattern_time_type::utc);
        logger->set_level(level_of(options.level));
        logger->flush_on(spdlog::level::warn);
    }

    std::string node;
    const Clock& clock;
    // Destroyed last to first: the logger must go before its writer joins.
    std::shared_ptr<spdlog::details::thread_pool> writer;
    std::shared_ptr<spdlog::async_logger> logger;
};

Log::Log(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(const LogOptions& options, const Clock& clock) {
    try {
        return std::unique_ptr<Log>(new Log(std::make_unique<Parts>(options, clock)));
    } catch (const spdlog::spdlog_ex& problem) {
        return Error(log_unwritable, problem.what());
    }
}

void Log::write(Level level, std::string_view event, Fields fields) {
    const auto its_level = level_of(level);
    if (parts_->logger->should_log(its_level)) {
        parts_->logger->log(its_level,
                            spdlog::string_view_t(
                                log_line(parts_->clock.now(), level, parts_->node, event, fields)));
    }
}

void Log::flush() { parts_->logger->flush(); }

std::uint64_t Log::dropped() const { return parts_->writer->overrun_counter(); }

}  // namespace chopmark::telemetry
