#include "keystore/shared_module.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

namespace certbroker::keystore {
namespace {

// C_Initialize is per process, so this is too.
class ModulesInUse {
 public:
  static ModulesInUse& Get() {
    static auto* const modules = new ModulesInUse;  // outlives every static destructor
    return *modules;
  }
  Result<std::shared_ptr<SharedModule>> Find(const std::string& path, const std::string& init_args)
      EXCLUDES(mutex_) {
    std::error_code ignored;
    const auto canonical = std::filesystem::weakly_canonical(path, ignored).string();
    const MutexLock lock(mutex_);
    Entry& entry = modules_[canonical];
    if (auto module = entry.module.lock()) {
      if (entry.init_args == init_args) return module;
      return Error(
          Reason::kConfigInvalid,
          fmt::format("PKCS#11 module {} is in use with other init_args: they hold for the "
                      "whole module, so give all of its tokens the same",
                      Printable(path)));
    }
    ASSIGN_OR_RETURN(auto loaded, Pkcs11Module::Load(path, init_args));
    auto module = std::make_shared<SharedModule>(std::move(loaded));
    entry = {module, init_args};
    return module;
  }

 private:
  struct Entry {
    std::weak_ptr<SharedModule> module;
    std::string init_args = {};
  };
  Mutex mutex_;
  std::map<std::string, Entry> modules_ GUARDED_BY(mutex_);
};

}  // namespace

Result<std::shared_ptr<SharedModule>> SharedModule::Get(const std::string& path,
                                                        const std::string& init_args) {
  return ModulesInUse::Get().Find(path, init_args);
}

void SharedModule::Join(Tenant& tenant) {
  const MutexLock lock(starting_);
  tenants_.push_back(&tenant);
}

void SharedModule::Leave(Tenant& tenant) {
  const MutexLock lock(starting_);
  std::erase(tenants_, &tenant);
}

bool SharedModule::ServesOthers(const Tenant& self) {
  const MutexLock lock(starting_);
  return std::ranges::any_of(
      tenants_, [&self](const Tenant* tenant) { return tenant != &self && tenant->connected(); });
}

Result<FoundToken> SharedModule::FindToken(const TokenSelector& selector) {
  if (!initialized_) return Error(Reason::kHsmUnavailable, "the PKCS#11 module does not start");
  const MutexLock lock(slots_);
  return module_.FindToken(selector);
}

bool SharedModule::DrainAll(const Tenant* self, SteadyTime deadline) {
  bool drained = visitors_.Drain(deadline);
  for (Tenant* tenant : tenants_) {
    if (tenant != self) drained = drained && tenant->Drain(deadline);
  }
  return drained;
}

Result<bool> SharedModule::StartOver(const Tenant* self, std::uint64_t seen, SteadyTime deadline) {
  const MutexLock lock(starting_);
  if (initialized_ && generation_ != seen) return true;
  visitors_.Close();
  for (Tenant* tenant : tenants_) {
    if (tenant != self) tenant->Suspend();
  }
  const bool drained = DrainAll(self, deadline);
  Result<void> started;
  if (drained) {
    for (Tenant* tenant : tenants_) {
      if (tenant != self) tenant->Release();
    }
    module_.Finalize();
    started = module_.Initialize();
    initialized_ = started.has_value();
    ++generation_;
  }
  visitors_.Reopen();
  for (Tenant* tenant : tenants_) {
    if (tenant != self) tenant->Resume();
  }
  if (!started) return started.error();
  return drained;
}

}  // namespace certbroker::keystore
