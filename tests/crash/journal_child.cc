// An embedded journal that is appended to by several threads until somebody kills it. Every
// acceptance that an observer was told of is said on standard output, one line each:
//
//   opened                      ; the journal is open, terms are open, appending begins
//   accepted P S STORED         ; partition, sequence, SHA-256 of the stored record in hexadecimal
//
//   journal_child FOLDER LIFE DIES_AT DIES_WHILE
//
// LIFE names this run and makes its bodies unique. At the DIES_AT-th call (from 1; 0: never) to the
// file system while DIES_WHILE – "opening" or "appending" – the process kills itself.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <semaphore>
#include <thread>

#include "events/crypto/digest.h"
#include "tests/support/journal_home.h"

namespace chopmark::test {
namespace {

constexpr std::uint16_t partitions = 3;
constexpr int threads = 4;
constexpr std::ptrdiff_t in_flight = 32;

/// One write a line, so that a line is either said or not.
void say(const std::string& line) {
    const std::string whole = line + '\n';
    if (::write(STDOUT_FILENO, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) {
        std::_Exit(3);
    }
}

std::counting_semaphore<in_flight> window{in_flight};

class SayingObserver final : public journal::Observer {
  public:
    void accepted(std::span<const journal::EntryPtr> entries) override {
        for (const auto& entry : entries) {
            say("accepted " + std::to_string(entry->partition.value()) + ' ' +
                std::to_string(entry->sequence.value()) + ' ' +
                crypto::sha256(encode(entry->record)).hex());
            if (record::decode_prelude(entry->record.leaf)->type == some_type) {
                window.release();
            }
        }
    }
    void term_ended(Term /*term*/, const Error& error) override {
        std::fprintf(stderr, "%s\n", to_string(error).c_str());
        std::_Exit(4);  // nothing fails here but the whole process
    }
};

void append_for_ever(std::vector<std::unique_ptr<journal::Writer>>& writers,
                     const std::string& name) {
    for (std::size_t i = 0;; ++i) {
        window.acquire();
        const PartitionId partition(static_cast<std::uint16_t>(i % (partitions + 1)));
        record::Record next = draft(partition, name + '/' + std::to_string(i));
        next.personal_box.assign(i * 131 % 3000, 'p');
        if (!writers[partition.value()]->append(std::move(next))) {
            std::_Exit(5);
        }
    }
}

int live(const std::string& folder, const std::string& life, std::uint64_t dies_at,
         bool dies_opening) {
    JournalHome home(folder);
    // Small buffers: files are switched, sorted and removed every few commits.
    home.options.store.write_buffer_bytes = 64 << 10;
    home.options.store.wal_bytes = 256 << 10;
    std::atomic<bool> armed{dies_opening};
    std::atomic<std::uint64_t> calls{0};
    home.files->set_hook([&](const FileCall&) {
        if (armed && ++calls == dies_at) {
            ::kill(::getpid(), SIGKILL);
        }
        return FileVerdict();
    });
    const auto journal = home.open();
    if (!journal) {
        std::fprintf(stderr, "%s\n", to_string(journal.error()).c_str());
        return 2;
    }
    std::vector<SayingObserver> observers(partitions + 1);
    std::vector<std::unique_ptr<journal::Writer>> writers;
    for (std::uint16_t p = 0; p <= partitions; ++p) {
        writers.push_back((*journal)->open_term(PartitionId(p), observers[p]).value());
    }
    armed = true;
    say("opened");
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
        running.emplace_back([&, t] { append_for_ever(writers, life + '/' + std::to_string(t)); });
    }
    for (auto& thread : running) {
        thread.join();
    }
    return 0;
}

}  // namespace
}  // namespace chopmark::test

int main(int count, char** arguments) {
    if (count != 5) {
        return 1;
    }
    return chopmark::test::live(arguments[1], arguments[2],
                                std::strtoull(arguments[3], nullptr, 10),
                                std::string(arguments[4]) == "opening");
}
