// Callables that are not host functions, one for each CASE. The compiler must report each one in one line
// (check.cmake).
#include <mini_wasm/mini_wasm.h>

#include <memory>
#include <optional>
#include <span>
#include <string>

using namespace mini_wasm;

struct Point {
  int x, y;
};
struct Overloaded {
  int32_t operator()(int32_t x) const { return x; }
  int64_t operator()(int64_t x) const { return x; }
};
struct Methods {
  int32_t method(int32_t x) { return x; }
};

template <class F>
void wrap(Store& store, F&& callable) {
  Func::wrap(store, std::forward<F>(callable));
}

void wrong([[maybe_unused]] Linker& linker, [[maybe_unused]] Store& store, [[maybe_unused]] const Func& func) {
#if CASE == 0  // nothing wrong: everything that is allowed
  linker.func("m", "f", [](Caller&, const int32_t&, uint32_t, const int64_t, uint64_t) {});
  linker.func("m", "f", [](float, double, V128, const Val&) -> Result<std::tuple<Val, V128>> { return Error(); });
  linker.func("m", "f", [n = 0](Caller&) mutable noexcept { return n++; });
  linker.func("m", "f", std::function<double(float)>());
  wrap(store, +[](int32_t) noexcept { return int64_t{1}; });
  (void)func.typed<std::tuple<Val, V128>(const Val&, const double&)>();
  linker.func("m", "f", [p = std::make_unique<int>(1)](int32_t x) { return x + *p; });
  linker.func("m", "f", [](long, unsigned long, long long, unsigned long long, bool) { return true; });
  linker.func("m", "f", [](Caller&, std::string_view, const std::span<const uint8_t>&, std::span<uint8_t>) {});
  linker.func("m", "f", [](Func f, const std::optional<Func>&) { return std::pair(f, std::optional<Func>()); });
  linker.func("m", "f", FuncType(), [p = std::make_unique<int>(1)](Caller&, uint64_t*) { return Result<void>(); });
  (void)func.typed<std::pair<long long, Func>(bool, std::optional<Func>)>();
#elif CASE == 1
  linker.func("m", "f", [](const char*) {});
#elif CASE == 2
  linker.func("m", "f", [](Point) {});
#elif CASE == 3
  linker.func("m", "f", [](short) {});
#elif CASE == 4
  linker.func("m", "f", [](const std::string&) {});
#elif CASE == 5
  linker.func("m", "f", [](int32_t& out) { out = 1; });
#elif CASE == 6
  linker.func("m", "f", [](int32_t&&) {});
#elif CASE == 7
  linker.func("m", "f", [](int32_t, Caller&) {});
#elif CASE == 8
  linker.func("m", "f", [](Caller) {});
#elif CASE == 9
  linker.func("m", "f", [](Caller&, uint64_t*) { return Result<void>(); });
#elif CASE == 10
  linker.func("m", "f", [](char32_t) {});
#elif CASE == 11
  linker.func("m", "f", [](std::span<const uint16_t>) {});
#elif CASE == 20
  linker.func("m", "f", [] { return 'a'; });
#elif CASE == 21
  linker.func("m", "f", [] { return "text"; });
#elif CASE == 22
  linker.func("m", "f", []() -> Result<Point> { return Point{1, 2}; });
#elif CASE == 23
  linker.func("m", "f", [] { return std::make_tuple(1, Point{1, 2}); });
#elif CASE == 24
  linker.func("m", "f", [x = 0]() mutable -> int32_t& { return x; });
#elif CASE == 25
  linker.func("m", "f", [] { return std::optional<int32_t>(1); });
#elif CASE == 26
  linker.func("m", "f", [] { return std::string_view("text"); });
#elif CASE == 40
  linker.func("m", "f", [](auto x) { return x; });
#elif CASE == 41
  linker.func("m", "f", Overloaded());
#elif CASE == 42
  linker.func("m", "f", &Methods::method);
#elif CASE == 43
  linker.func("m", "f", 42);
#elif CASE == 44
  wrap(store, std::string("no function"));
#elif CASE == 80
  (void)func.typed<int32_t>();
#elif CASE == 81
  (void)func.typed<int32_t(Point)>();
#elif CASE == 82
  (void)func.typed<char()>();
#elif CASE == 83
  (void)func.typed<Result<int32_t>(int32_t&)>();
#elif CASE == 84
  (void)func.typed<int32_t(Caller&)>();
#elif CASE == 85
  (void)func.typed<int32_t(std::string_view)>();
#endif
}
