#include "ops/figures/machine.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "events/core/bytes.h"
#include "ops/figures/report.h"

namespace chopmark::figures {

std::string processor() {
    std::ifstream in("/proc/cpuinfo");
    std::string model = "unknown";
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("model name")) {
            const std::size_t at = line.find(": ");
            model = at == std::string::npos ? line : line.substr(at + 2);
            break;
        }
    }
    return model + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores";
}

Result<double> syncs_per_second(const std::filesystem::path& folder) {
    using Clock = std::chrono::steady_clock;
    const std::string path = (folder / "sync.probe").string();
    const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) {
        return Error(not_written, path);
    }
    const Bytes block(4096, 's');
    const auto begin = Clock::now();
    std::uint64_t done = 0;
    bool good = true;
    while (good && Clock::now() - begin < std::chrono::seconds(1)) {
        good = ::write(file, block.data(), block.size()) == static_cast<ssize_t>(block.size()) &&
               ::fdatasync(file) == 0;
        ++done;
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    ::close(file);
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    if (!good) {
        return Error(not_written, path);
    }
    return static_cast<double>(done) / seconds;
}

std::uint64_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    in >> total >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

CpuTime cpu_time() {
    CpuTime out;
    rusage own{};
    ::getrusage(RUSAGE_SELF, &own);
    constexpr double micro = 1e-6;
    out.own = static_cast<double>(own.ru_utime.tv_sec + own.ru_stime.tv_sec) +
              micro * static_cast<double>(own.ru_utime.tv_usec + own.ru_stime.tv_usec);
    // "cpu  user nice system idle iowait irq softirq steal", in ticks (proc(5)).
    std::ifstream file("/proc/stat");
    std::string name;
    double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, soft = 0;
    file >> name >> user >> nice >> system >> idle >> waiting >> irq >> soft;
    out.all = (user + nice + system + irq + soft) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    return out;
}

}  // namespace chopmark::figures
