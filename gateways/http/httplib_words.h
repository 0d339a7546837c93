// cpp-httplib for precompiled headers. Its resolver header makes a macro of a word that is an
// outcome of events here, and a precompiled header would bring that into every file.
#pragma once

#include <httplib.h>

#undef REFUSED
