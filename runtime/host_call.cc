// Built with exceptions and RTTI, unlike the rest of the library (see CMakeLists.txt).
#include "runtime/host_call.h"

#include <cxxabi.h>

#include <algorithm>
#include <exception>

#include "runtime/frame.h"
#include "runtime/test_settings.h"
#include "runtime/value_check.h"

namespace mini_wasm::runtime {
namespace {

void clear_upper_halves(const FuncType& type, uint64_t* slots) {
  poison(type.results, slots);
  for (const ValType result : type.results) {
    *slots = canonical(result, *slots);
    slots += result.slots();
  }
}

}  // namespace

void set_type(HostFunc& func, const FuncType& type) {
  using Narrow = HostFunc::NarrowResults;
  func.type = &type;
  func.slots = std::max(slot_count(type.params), slot_count(type.results));
  const bool any = std::any_of(type.results.begin(), type.results.end(), is_narrow);
  const bool only = type.results.size() == 1 && !test_settings.poison_slots;
  func.gives_refs =
      std::any_of(type.results.begin(), type.results.end(), [](ValType result) { return result.is_ref(); });
  func.narrow_results = !any ? Narrow::none : only ? Narrow::only : Narrow::some;
}

Result<void> run_host_func(const HostFunc& func, Caller& caller, uint64_t* slots) {
  using Narrow = HostFunc::NarrowResults;
  try {
    Result<void> result = func.call(func.data, caller, slots);
    if (func.narrow_results == Narrow::only) slots[0] = static_cast<uint32_t>(slots[0]);
    if (func.narrow_results == Narrow::some) clear_upper_halves(*func.type, slots);
    if (func.gives_refs && result) [[unlikely]]
      return check_results(func, slots);
    return result;
  } catch (const std::exception& e) {
    return Error::host(std::string("exception: ") + e.what());
  } catch (const abi::__forced_unwind&) {
    throw;  // the thread is being cancelled, which the C library does not allow to stop
  } catch (...) {
    return Error::host("exception of unknown type");
  }
}

}  // namespace mini_wasm::runtime
