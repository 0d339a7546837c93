// What stands beside every figure: the processor and what one fsync costs on the disk measured on.
#pragma once

#include <filesystem>
#include <string>

#include "events/core/result.h"

namespace chopmark::figures {

/// The model as the system names it, and the number of cores.
std::string processor();

/// Appends of 4 KiB with fdatasync, one after the other, a second.
Result<double> syncs_per_second(const std::filesystem::path& folder);

/// Processor time spent so far, seconds of one core: by this process, and by everybody.
struct CpuTime {
    double own = 0;
    double all = 0;
};
CpuTime cpu_time();

/// Resident memory of this process, bytes.
std::uint64_t resident_bytes();

}  // namespace chopmark::figures
