// `chopmark log list`, `show` and `export`: records of a log as lines or JSON, offline. Leaves need
// no key; link layers need the folder's keys; personal layers are opened in sandboxes and imports
// only, for elsewhere every look at one is itself an event.
#pragma once

#include <cstdint>
#include <string>

namespace chopmark::cli {

class Console;

struct ListOptions {
    std::string data;
    std::uint16_t partition = 0;
    std::uint64_t from = 0;
    std::uint64_t limit = 100;
    std::string type;  // empty: all
};
void list_log(const ListOptions& options, Console& console);

struct ShowOptions {
    std::string data;
    std::uint16_t partition = 0;
    std::uint64_t sequence = 0;
    std::string event;  // hex; if not empty, instead of partition and sequence
    bool link = false;
    bool personal = false;
};
void show_record(const ShowOptions& options, Console& console);

struct ExportOptions {
    std::string data;
    std::string format = "jsonl";
    std::string out;  // empty: the output
};
void export_log(const ExportOptions& options, Console& console);

}  // namespace chopmark::cli
