// The generated messages of all events, complete: for whoever makes, visits or copies an Event.
// Costs about as much to compile as RocksDB's headers; who only passes events on includes
// events/schema/catalog.h.
#pragma once

#include "events/schema/account.pb.h"
#include "events/schema/administration.pb.h"
#include "events/schema/alert.pb.h"
#include "events/schema/audit.pb.h"
#include "events/schema/catalog.h"
#include "events/schema/consent.pb.h"
#include "events/schema/device_profile.pb.h"
#include "events/schema/import.pb.h"
#include "events/schema/log.pb.h"
#include "events/schema/login.pb.h"
#include "events/schema/privacy.pb.h"
#include "events/schema/relying_party.pb.h"
#include "events/schema/signature.pb.h"
