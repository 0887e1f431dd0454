// A PKCS#11 module that forwards to another one and takes its time over every signature, as a token
// behind a network does.
//
// LATENCY_MODULE_REAL names the module behind it, LATENCY_MODULE_MS the milliseconds.
#include <dlfcn.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include <p11-kit/pkcs11.h>

namespace {

struct Behind {
  CK_FUNCTION_LIST* functions = nullptr;
  std::chrono::milliseconds latency{0};
};

Behind& TheBehind() {
  static Behind behind = [] {
    const char* path = std::getenv("LATENCY_MODULE_REAL");
    const char* latency = std::getenv("LATENCY_MODULE_MS");
    void* const handle = path == nullptr ? nullptr : ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr || latency == nullptr) std::abort();
    Behind made{nullptr, std::chrono::milliseconds(std::strtol(latency, nullptr, 10))};
    reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"))(&made.functions);
    return made;
  }();
  return behind;
}

CK_RV SlowSign(CK_SESSION_HANDLE session, unsigned char* data, CK_ULONG data_size,
               unsigned char* signature, CK_ULONG* size) {
  std::this_thread::sleep_for(TheBehind().latency);
  return TheBehind().functions->C_Sign(session, data, data_size, signature, size);
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** functions) {
  static CK_FUNCTION_LIST list = [] {
    CK_FUNCTION_LIST made = *TheBehind().functions;
    made.C_Sign = SlowSign;
    return made;
  }();
  *functions = &list;
  return CKR_OK;
}
}
