// keystore/shared_module.h: one PKCS#11 module and the tokens of it that are in use: who must be
// out before it is started over, and who must connect again afterwards.
//
// C_Finalize holds for the whole process, and modules crash when another thread is inside of them.
// So one token's recovery concerns them all: every one lets its callers finish, gives up its
// sessions, and logs in again, with a new epoch.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/mutex.h"
#include "core/result.h"
#include "keystore/gate.h"
#include "keystore/pkcs11_module.h"

namespace certbroker::keystore {

// Thread-safe.
class SharedModule {
 public:
  // One token's use of the module. None of these may call into the SharedModule.
  class Tenant {
   public:
    // Lets nobody in any more. Does not wait.
    virtual void Suspend() = 0;
    // After Suspend: waits until nobody is inside. False: somebody still was at `deadline`.
    virtual bool Drain(SteadyTime deadline) = 0;
    // After Drain: gives up its sessions and handles; it is not connected any more.
    virtual void Release() = 0;
    // The end of Suspend, whether there was a Release or not.
    virtual void Resume() = 0;
    virtual bool connected() const = 0;

   protected:
    ~Tenant() = default;
  };

  // The one module of this path, loaded when nobody uses it yet; finalised with its last user.
  // kConfigInvalid: as Pkcs11Module::Load; other `init_args` than those it is in use with.
  static Result<std::shared_ptr<SharedModule>> Get(const std::string& path,
                                                   const std::string& init_args);
  explicit SharedModule(std::unique_ptr<Pkcs11Module> module)
      : owned_(std::move(module)), module_(*owned_) {}
  // Of a module that its owner shares with nobody, and that outlives it.
  explicit SharedModule(Pkcs11Module& module) : module_(module) {}

  void Join(Tenant& tenant) EXCLUDES(starting_);
  // Waits while the module is being started over.
  void Leave(Tenant& tenant) EXCLUDES(starting_);
  // Whether another token of the module is connected.
  bool ServesOthers(const Tenant& self) EXCLUDES(starting_);

  // How often the module was started. What was made of it in another generation is void.
  std::uint64_t generation() const { return generation_; }

  // Being inside the module to find a token and log in to it; nothing at `deadline`.
  std::optional<Gate::Pass> Visit(SteadyTime deadline) { return visitors_.Enter(deadline); }
  // For whoever visits: Pkcs11Module::FindToken, one at a time. kHsmUnavailable.
  Result<FoundToken> FindToken(const TokenSelector& selector) EXCLUDES(slots_);
  Pkcs11Module& module() { return module_; }

  // C_Finalize and C_Initialize, unless somebody did it since generation `seen`. The caller (null:
  // no tenant) has drained and released what is its own. False: a call into the module has not
  // returned by `deadline`, so that nothing was done. kHsmUnavailable: the module does not start.
  Result<bool> StartOver(const Tenant* self, std::uint64_t seen, SteadyTime deadline)
      EXCLUDES(starting_);

 private:
  bool DrainAll(const Tenant* self, SteadyTime deadline) REQUIRES(starting_);

  const std::unique_ptr<Pkcs11Module> owned_;
  Pkcs11Module& module_;
  Gate visitors_;
  std::atomic<std::uint64_t> generation_ = 0;
  std::atomic<bool> initialized_ = false;
  Mutex slots_;  // libp11's lists are for one thread
  Mutex starting_;
  std::vector<Tenant*> tenants_ GUARDED_BY(starting_);
};

}  // namespace certbroker::keystore
