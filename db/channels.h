// db/channels.h: the NOTIFY channel of each kind of hint.
#pragma once

#include <array>
#include <string_view>

#include "core/check.h"
#include "core/ports/change_feed.h"

namespace certbroker::db {

struct ChannelName {
  Channel channel;
  std::string_view name;
};

inline constexpr auto kChannels = std::to_array<ChannelName>({
    {Channel::kWork, "certbroker_work"},
    {Channel::kOrder, "certbroker_order"},
    {Channel::kCertificate, "certbroker_certificate"},
    {Channel::kChallenge, "certbroker_challenge"},
    {Channel::kAccount, "certbroker_account"},
    {Channel::kAgent, "certbroker_agent"},
});

inline std::string_view NameOf(Channel channel) {
  for (const auto& [candidate, name] : kChannels) {
    if (candidate == channel) return name;
  }
  CERTBROKER_CHECK(false);
}

}  // namespace certbroker::db
