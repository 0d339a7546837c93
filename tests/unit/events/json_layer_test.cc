#include <gtest/gtest.h>

#include "events/schema/event.h"
#include "events/schema/json.h"
#include "tests/support/sample_event.h"

namespace chopmark::schema {
namespace {

TEST(LayerToJson, ShowsBytesAsHexEnumsByNameAndLeavesOutWhatIsAbsent) {
    LoginApproved event;
    event.mutable_leaf()->mutable_head()->set_outcome(DONE);
    event.mutable_leaf()->mutable_head()->set_basis(7);
    event.mutable_leaf()->set_client_id(Bytes("\x01\xab", 2));
    EXPECT_EQ(layer_to_json(event, Layer::leaf).dump(),
              R"({"head":{"outcome":"DONE","basis":7},"client_id":"01ab"})");
    EXPECT_EQ(layer_to_json(event, Layer::link).dump(), "{}");
    EXPECT_EQ(layer_to_json(event, Layer::personal).dump(), "{}");
}

TEST(LayerToJson, ShowsListsOfMessages) {
    CutRecorded event;
    event.mutable_leaf()->set_number(3);
    auto& root = *event.mutable_leaf()->add_partitions();
    root.set_partition(2);
    root.set_size(1ULL << 40);
    EXPECT_EQ(layer_to_json(event, Layer::leaf).dump(),
              R"({"number":3,"partitions":[{"partition":2,"size":1099511627776}]})");
}

TEST(LayerToJson, ShowsEveryEventThatThereIs) {
    for (const EventInfo& info : all_events()) {
        const Event event = test::sample_event(info);
        EXPECT_TRUE(layer_to_json(event, Layer::leaf).contains("head")) << info.name;
        EXPECT_FALSE(layer_to_json(event, Layer::link).dump().empty()) << info.name;
        EXPECT_FALSE(layer_to_json(event, Layer::personal).dump().empty()) << info.name;
    }
}

}  // namespace
}  // namespace chopmark::schema
