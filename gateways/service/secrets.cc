#include "gateways/service/secrets.h"

namespace chopmark::service {

Secrets::Secrets(const keys::KeyMaterial& material, std::string environment_name)
    : environment(std::move(environment_name)),
      bearer(material.root(keys::Root::bearer)),
      stamps(material.root(keys::Root::stamp)),
      content_keys(material.root(keys::Root::content)),
      session_keys(material.root(keys::Root::session)),
      // Positions have a MAC format of their own, hence a key of their own.
      positions(Sensitive<Bytes>(
          stamps.stamp(keys::StampKind::position, "chopmark/position-key/1", keys::no_end))) {}

}  // namespace chopmark::service
