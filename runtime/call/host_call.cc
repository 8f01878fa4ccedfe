// Built with RTTI, unlike the rest of the library (see CMakeLists.txt).
#include "runtime/call/host_call.h"

#include <cxxabi.h>

#include <algorithm>
#include <exception>

#include "core/guarded.h"
#include "runtime/call/frame.h"
#include "runtime/instance/value_check.h"
#include "runtime/test_settings.h"

namespace mini_wasm::runtime {
namespace {

using ResultSlots = HostFunc::ResultSlots;

// Compiled code may keep a single i32 result in a register and use all 64 bits of it. Several results are read from
// their slots, whose upper halves are undefined (frame.h).
bool has_narrow_result(const FuncType& type) { return type.results.size() == 1 && type.results[0] == ValType::i32; }

void clear_upper_half(uint64_t& slot) { slot = static_cast<uint32_t>(slot); }

}  // namespace

void set_type(HostFunc& func, const FuncType& type) {
  func.type = &type;
  func.slots = std::max(slot_count(type.params), slot_count(type.results));
  func.gives_refs =
      std::any_of(type.results.begin(), type.results.end(), [](ValType result) { return result.is_ref(); });
  func.result_slots = test_settings.poison_slots ? ResultSlots::poisoned
                      : has_narrow_result(type)  ? ResultSlots::narrow
                                                 : ResultSlots::stay;
}

void prepare_results(const HostFunc& func, uint64_t* slots) {
  if (func.result_slots == ResultSlots::narrow) clear_upper_half(*slots);
  if (func.result_slots == ResultSlots::poisoned) {
    poison(func.type->results, slots);
    if (has_narrow_result(*func.type)) clear_upper_half(*slots);
  }
}

Result<void> run_host_func(const HostFunc& func, Caller& caller, uint64_t* slots) {
  try {
    Result<void> result = func.call(func.data, caller, slots);
    prepare_results(func, slots);
    if (func.gives_refs && result) [[unlikely]]
      return check_results(func, slots);
    return result;
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::exception& e) {
    return guarded([&] { return Result<void>(Error::host(std::string("exception: ") + e.what())); });
  } catch (const abi::__forced_unwind&) {
    throw;  // the thread is being cancelled, which the C library does not allow to stop
  } catch (...) {
    return guarded([] { return Result<void>(Error::host("exception of unknown type")); });
  }
}

}  // namespace mini_wasm::runtime
