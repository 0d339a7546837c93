// A key port that is going to be killed: serves the folder it is told, says its port, and waits.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "events/crypto/system_entropy.h"
#include "ops/keyport_server.h"

int main(int count, char** arguments) {
    using namespace chopmark;
    if (count < 3) {
        return 2;
    }
    const SystemClock clock;
    crypto::SystemEntropy entropy;
    ops::KeyPortServer::Options options;
    options.port = static_cast<std::uint16_t>(std::atoi(arguments[2]));
    options.ready_keys = 0;
    const auto server =
        ops::KeyPortServer::start(ops::DataFolder(arguments[1]), options, clock, entropy);
    if (!server) {
        std::fprintf(stderr, "%s\n", to_string(server.error()).c_str());
        return 1;
    }
    std::printf("%u\n", unsigned{(*server)->port()});
    std::fflush(stdout);
    for (;;) {
        ::pause();
    }
}
