#include "ops/telemetry/process_probe.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace chopmark::telemetry {
namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void probe_memory(Samples& samples) {
    // proc(5): statm gives pages; the first number is virtual, the second resident.
    std::ifstream statm("/proc/self/statm");
    double total = 0;
    double resident = 0;
    if (statm >> total >> resident) {
        const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
        samples.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.",
                      total * page);
        samples.gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
                      resident * page);
    }
}

void probe_files(Samples& samples) {
    std::error_code failed;
    std::filesystem::directory_iterator open("/proc/self/fd", failed);
    if (!failed) {
        // The iterator's own descriptor is not the process's concern.
        const auto count = std::distance(begin(open), end(open)) - 1;
        samples.gauge("process_open_fds", "Number of open file descriptors.",
                      static_cast<double>(count));
    }
    rlimit most{};
    if (getrlimit(RLIMIT_NOFILE, &most) == 0) {
        samples.gauge("process_max_fds", "Maximum number of open file descriptors.",
                      static_cast<double>(most.rlim_cur));
    }
}

}  // namespace

void probe_process(Samples& samples) {
    probe_memory(samples);
    probe_files(samples);
    rusage used{};
    if (getrusage(RUSAGE_SELF, &used) == 0) {
        samples.counter("process_cpu_seconds_total",
                        "Total user and system CPU time spent in seconds.",
                        seconds(used.ru_utime) + seconds(used.ru_stime));
    }
}

}  // namespace chopmark::telemetry
