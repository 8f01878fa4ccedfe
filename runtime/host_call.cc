// Built with exceptions and RTTI, unlike the rest of the library (see CMakeLists.txt).
#include "runtime/host_call.h"

#include <cxxabi.h>

#include <exception>

namespace mini_wasm::runtime {

Result<void> run_host_func(const HostFunc& func, Caller& caller, uint64_t* slots) {
  try {
    return func.call(func.data, caller, slots);
  } catch (const std::exception& e) {
    return Error::host(std::string("exception: ") + e.what());
  } catch (const abi::__forced_unwind&) {
    throw;  // the thread is being cancelled, which the C library does not allow to stop
  } catch (...) {
    return Error::host("exception of unknown type");
  }
}

}  // namespace mini_wasm::runtime
