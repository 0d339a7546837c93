// Header fields of a request from the lines of an input, for targets whose parser reads headers:
// "Name: value" a line up to an empty one, then the body.
#pragma once

#include <httplib.h>

#include "tests/fuzz/fuzz_input.h"

namespace chopmark::fuzz {

inline httplib::Request request_of(ByteView input) {
    httplib::Request request;
    while (!input.empty()) {
        ByteView line = take_until(input, '\n');
        if (line.empty()) {
            break;
        }
        const std::string name(take_until(line, ':'));
        if (line.starts_with(' ')) {
            line.remove_prefix(1);
        }
        request.headers.emplace(name, std::string(line));
    }
    request.body = std::string(input);
    return request;
}

}  // namespace chopmark::fuzz
