#include "keystore/pkcs11_module.h"

#include <dlfcn.h>

#include <optional>
#include <set>

#include <fmt/format.h>

#include "keystore/ckr.h"

namespace certbroker::keystore {
namespace {

// Which modules have an owner. C_Initialize is per process, so this is too.
class LoadedModules {
 public:
  bool Claim(void* handle) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return handles_.insert(handle).second;
  }
  void Release(void* handle) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    handles_.erase(handle);
  }

 private:
  Mutex mutex_;
  std::set<void*> handles_ GUARDED_BY(mutex_);
};

LoadedModules& Loaded() {
  static auto* const modules = new LoadedModules;  // outlives every static destructor
  return *modules;
}

std::string DlError() {
  const char* message = ::dlerror();
  return message == nullptr ? "no reason given" : Printable(message);
}

Error NotAModule(const std::string& path, std::string_view why) {
  return {Reason::kConfigInvalid,
          fmt::format("PKCS#11 module {} cannot be used: {}; give the path of the vendor's shared "
                      "library, for SoftHSM2 /usr/lib/softhsm/libsofthsm2.so",
                      Printable(path), why)};
}

// CK_TOKEN_INFO pads with blanks.
template <std::size_t N>
std::string_view UnpaddedView(const unsigned char (&field)[N]) {
  const std::string_view text(reinterpret_cast<const char*>(field), N);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

TokenFacts FactsOf(const CK_TOKEN_INFO& info) {
  TokenFacts facts;
  facts.label = UnpaddedView(info.label);
  facts.serial = UnpaddedView(info.serialNumber);
  facts.manufacturer = UnpaddedView(info.manufacturerID);
  facts.model = UnpaddedView(info.model);
  facts.initialized = (info.flags & CKF_TOKEN_INITIALIZED) != 0;
  facts.user_pin_set = (info.flags & CKF_USER_PIN_INITIALIZED) != 0;
  facts.user_pin_final_try = (info.flags & CKF_USER_PIN_FINAL_TRY) != 0;
  facts.user_pin_locked = (info.flags & CKF_USER_PIN_LOCKED) != 0;
  return facts;
}

// 0: the token does not say.
CK_ULONG SessionLimitOf(const CK_TOKEN_INFO& info) {
  const bool says = info.ulMaxSessionCount != CK_UNAVAILABLE_INFORMATION &&
                    info.ulMaxSessionCount != CK_EFFECTIVELY_INFINITE;
  return says ? info.ulMaxSessionCount : 0;
}

std::string ListOf(const std::vector<TokenFacts>& tokens) {
  std::string list;
  for (const TokenFacts& token : tokens) {
    if (!token.initialized) continue;
    list += fmt::format("{}'{}' (serial {})", list.empty() ? "" : ", ", Printable(token.label, 32),
                        Printable(token.serial, 16));
  }
  return list.empty() ? "no initialised token" : list;
}

}  // namespace

Pkcs11Module::Pkcs11Module(std::string path, std::string init_args, void* handle,
                           CK_FUNCTION_LIST* functions)
    : path_(std::move(path)),
      init_args_(std::move(init_args)),
      handle_(handle),
      functions_(functions) {}

Result<std::unique_ptr<Pkcs11Module>> Pkcs11Module::Load(const std::string& path,
                                                         const std::string& init_args) {
  void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return NotAModule(path, DlError());
  const auto get_list =
      reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"));
  if (get_list == nullptr) return NotAModule(path, "it has no C_GetFunctionList");
  CK_FUNCTION_LIST* functions = nullptr;
  const CK_RV rv = get_list(&functions);
  if (rv != CKR_OK || functions == nullptr) {
    return NotAModule(path, fmt::format("C_GetFunctionList answered {}", CkrName(rv)));
  }
  if (!Loaded().Claim(handle)) {
    return NotAModule(path, "it is in use in this process already, and a module has one owner");
  }
  return std::unique_ptr<Pkcs11Module>(new Pkcs11Module(path, init_args, handle, functions));
}

Pkcs11Module::~Pkcs11Module() {
  Finalize();
  Loaded().Release(handle_);
}

Result<void> Pkcs11Module::Initialize() {
  ASSIGN_OR_RETURN(slots_, Libp11Slots::Load(path_, init_args_));
  CK_C_INITIALIZE_ARGS args{};
  args.flags = CKF_OS_LOCKING_OK;
  args.pReserved = init_args_.empty() ? nullptr : const_cast<char*>(init_args_.c_str());
  const CK_RV rv = functions_->C_Initialize(&args);
  // Plain modules were just initialised by libp11; p11-kit's client and proxy hand out a fresh
  // instance with every function list.
  if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
    slots_.reset();
    return CallFailed("C_Initialize", rv);
  }
  return {};
}

void Pkcs11Module::Finalize() {
  if (slots_ == nullptr) return;
  slots_.reset();
  functions_->C_Finalize(nullptr);  // only those fresh instances are still initialised here
}

Result<FoundToken> Pkcs11Module::FindToken(const TokenSelector& selector) {
  ASSIGN_OR_RETURN(const std::vector<CK_SLOT_ID> slots, SlotsWithToken());
  std::vector<TokenFacts> seen;
  std::optional<FoundToken> found;
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info{};
    if (functions_->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
    seen.push_back(FactsOf(info));
    if (!seen.back().initialized || !seen.back().Matches(selector)) continue;
    if (found) {
      return Error(Reason::kHsmUnavailable,
                   fmt::format("{} exists more than once: {}; name it by its serial",
                               Describe(selector), ListOf(seen)));
    }
    found = FoundToken{slot, seen.back(), SessionLimitOf(info)};
  }
  if (found) return *std::move(found);
  return Error(Reason::kHsmUnavailable,
               fmt::format("{} is not there; the module {} shows {}", Describe(selector),
                           Printable(path_), ListOf(seen)));
}

Result<std::vector<CK_SLOT_ID>> Pkcs11Module::SlotsWithToken() {
  CK_ULONG size = 0;
  CK_RV rv = functions_->C_GetSlotList(CK_TRUE, nullptr, &size);
  std::vector<CK_SLOT_ID> slots(size);
  if (rv == CKR_OK) rv = functions_->C_GetSlotList(CK_TRUE, slots.data(), &size);
  if (rv != CKR_OK) return CallFailed("C_GetSlotList", rv);
  slots.resize(size);
  return slots;
}

Result<CK_SLOT_ID> Pkcs11Module::FindBlankToken() {
  ASSIGN_OR_RETURN(const std::vector<CK_SLOT_ID> slots, SlotsWithToken());
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info{};
    if (functions_->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
    if ((info.flags & CKF_TOKEN_INITIALIZED) == 0) return slot;
  }
  return Error(Reason::kHsmUnavailable,
               fmt::format("the module {} has no slot with a blank token", Printable(path_)));
}

}  // namespace certbroker::keystore
