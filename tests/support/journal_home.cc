#include "tests/support/journal_home.h"

namespace chopmark::test {

JournalHome::JournalHome(std::string path) {
    options.store.path = std::move(path);
    options.store.files = files;
}

Result<std::unique_ptr<journal::EmbeddedJournal>> JournalHome::open() const {
    return journal::EmbeddedJournal::open(options, founding, {ca, node, clock, entropy});
}

std::vector<journal::EntryPtr> JournalHome::all_of(const journal::Journal& journal,
                                                   PartitionId partition) {
    std::vector<journal::EntryPtr> out;
    for (;;) {
        auto page = journal.read(partition, Sequence(out.size()), {}).value();
        if (page.empty()) {
            return out;
        }
        out.insert(out.end(), page.begin(), page.end());
    }
}

std::vector<std::string> JournalHome::bodies_in(const journal::Journal& journal,
                                                PartitionId partition) {
    std::vector<std::string> out;
    for (const auto& entry : all_of(journal, partition)) {
        const auto type = record::decode_prelude(entry->record.leaf)->type;
        if (type != journal::partition_opened && type != journal::term_opened) {
            out.push_back(body_of(entry->record));
        }
    }
    return out;
}

}  // namespace chopmark::test
