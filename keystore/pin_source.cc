#include "keystore/pin_source.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/mutex.h"
#include "core/pin_location.h"
#include "core/unique_fd.h"
#include "keystore/pin_file.h"

namespace certbroker::keystore {
namespace {

Result<Secret> ReadCredential(const std::string& name) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || *directory == '\0') {
    return Error(Reason::kConfigInvalid,
                 fmt::format("credential:{}: $CREDENTIALS_DIRECTORY is not set; the unit needs "
                             "LoadCredential={}:/path/of/the/file (or LoadCredentialEncrypted=)",
                             name, name));
  }
  return ReadPinFile(fmt::format("{}/{}", directory, name));
}

}  // namespace

// A descriptor that somebody left open for us.
class PinSource::Inherited {
 public:
  explicit Inherited(int fd) : fd_(fd) {}

  Result<Secret> Read(const std::string& name) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (!pin_) {
      pin_ = ReadPinFrom(fd_.get(), name);
      fd_.Close();
    }
    if (!*pin_) return pin_->error();
    return Secret::CopyOf((*pin_)->ExposeForUse());
  }

 private:
  Mutex mutex_;
  UniqueFd fd_ GUARDED_BY(mutex_);
  std::optional<Result<Secret>> pin_ GUARDED_BY(mutex_);
};

PinSource::PinSource(std::string text) : text_(std::move(text)) {
  const auto location = PinLocation::Parse(text_);
  if (location && location->form == PinLocation::Form::kDescriptor) {
    inherited_ = std::make_shared<Inherited>(location->descriptor);
  }
}

Result<void> PinSource::Check() const {
  auto location = PinLocation::Parse(text_);
  return location ? Result<void>() : std::move(location).error();
}

Result<Secret> PinSource::Read() const {
  ASSIGN_OR_RETURN(const PinLocation location, PinLocation::Parse(text_));
  switch (location.form) {
    case PinLocation::Form::kFile:
      return ReadPinFile(location.name);
    case PinLocation::Form::kCredential:
      return ReadCredential(location.name);
    case PinLocation::Form::kDescriptor:
      return inherited_->Read(text_);
  }
  CERTBROKER_CHECK(false);
}

}  // namespace certbroker::keystore
