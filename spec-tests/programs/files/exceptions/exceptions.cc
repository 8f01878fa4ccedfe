// C++ exceptions as compilers make them: clauses by class, base class and value; cleanups in order; rethrowing,
// nesting, throwing from constructors and destructors' neighbours, through recursion and through function pointers.
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Trace {
  explicit Trace(const char* name) : name_(name) { std::printf("  +%s\n", name_); }
  ~Trace() { std::printf("  -%s%s\n", name_, std::uncaught_exceptions() != 0 ? " (unwinding)" : ""); }
  const char* name_;
};

struct Base {
  virtual ~Base() = default;
  virtual std::string text() const { return "base"; }
};
struct Other {
  long number = 0;
};
struct Derived : Other, Base {
  explicit Derived(std::string why) : why_(std::move(why)) {}
  std::string text() const override { return "derived: " + why_; }
  std::string why_;
};

void throw_kind(int kind) {
  Trace trace("throw_kind");
  switch (kind) {
    case 0: throw 42;
    case 1: throw 2.5;
    case 2: throw "a string literal";
    case 3: throw Derived("because");
    case 4: throw std::out_of_range("out of range");
    case 5: throw std::unique_ptr<int>(new int(7));
    case 6: throw static_cast<Base*>(nullptr);
    case 7: throw std::string("a std::string");
  }
}

void by_class(int kind) {
  Trace trace("by_class");
  try {
    throw_kind(kind);
    std::puts("  nothing");
  } catch (int i) {
    std::printf("  int %d\n", i);
  } catch (double d) {
    std::printf("  double %g\n", d);
  } catch (const char* s) {
    std::printf("  %s\n", s);
  } catch (const Base& b) {
    std::printf("  %s\n", b.text().c_str());
  } catch (const std::logic_error& e) {
    std::printf("  logic error %s\n", e.what());
  } catch (std::unique_ptr<int>& p) {
    std::printf("  pointer to %d\n", *p);
  } catch (...) {
    std::puts("  something else, passed on");
    throw;
  }
}

int depth_reached;
int recurse(int n) {
  Trace* none = nullptr;
  if (n == 0) throw std::runtime_error("bottom");
  std::string local(static_cast<size_t>(n % 50), 'x');  // a destructor in every frame
  const int r = recurse(n - 1) + static_cast<int>(local.size());
  ++depth_reached;
  return none == nullptr ? r : 0;
}

struct Member {
  explicit Member(bool fails) : trace("member") {
    if (fails) throw std::runtime_error("a constructor failed");
  }
  Trace trace;
};
struct Whole {
  explicit Whole(bool fails) try : first("first"), member(fails), last("last") {
  } catch (const std::exception& e) {
    std::printf("  function try block: %s\n", e.what());
  }
  Trace first;
  Member member;
  Trace last;
};

std::string nested() {
  try {
    try {
      throw std::runtime_error("inner");
    } catch (const std::exception& e) {
      try {
        throw std::logic_error(std::string("while handling ") + e.what());
      } catch (const std::logic_error& second) {
        std::printf("  %s\n", second.what());
      }
      throw;  // the first one
    }
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

int sum_of_caught(int rounds) {
  int sum = 0;
  for (int i = 0; i < rounds; ++i) {
    try {
      if (i % 3 == 0) throw i;
      sum += 1;
      if (i % 5 == 0) continue;
      if (i % 7 == 0) throw std::to_string(i);
    } catch (int value) {
      sum += value;
      if (value > rounds - 10) break;
    } catch (const std::string& text) {
      sum -= static_cast<int>(text.size());
    }
  }
  return sum;
}

// A parser that reports by throwing, as many do.
struct SyntaxError : std::runtime_error {
  SyntaxError(const std::string& what, size_t at) : std::runtime_error(what), at(at) {}
  size_t at;
};
class Calculator {
 public:
  explicit Calculator(std::string text) : text_(std::move(text)) {}
  long run() {
    const long value = sum();
    if (at_ != text_.size()) throw SyntaxError("unexpected character", at_);
    return value;
  }

 private:
  long sum() {
    long value = product();
    while (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) {
      const bool plus = text_[at_++] == '+';
      const long right = product();
      value = plus ? value + right : value - right;
    }
    return value;
  }
  long product() {
    long value = atom();
    while (at_ < text_.size() && (text_[at_] == '*' || text_[at_] == '/')) {
      const bool times = text_[at_++] == '*';
      const long right = atom();
      if (!times && right == 0) throw std::domain_error("division by zero");
      value = times ? value * right : value / right;
    }
    return value;
  }
  long atom() {
    if (at_ == text_.size()) throw SyntaxError("unexpected end", at_);
    if (text_[at_] == '(') {
      ++at_;
      const long value = sum();
      if (at_ == text_.size() || text_[at_] != ')') throw SyntaxError("expected )", at_);
      ++at_;
      return value;
    }
    const size_t begin = at_;
    long value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') value = value * 10 + (text_[at_++] - '0');
    if (at_ == begin) throw SyntaxError("expected a number", at_);
    return value;
  }
  std::string text_;
  size_t at_ = 0;
};

void calculate(const char* text) {
  try {
    std::printf("  %s = %ld\n", text, Calculator(text).run());
  } catch (const SyntaxError& e) {
    std::printf("  %s: %s at %zu\n", text, e.what(), e.at);
  } catch (const std::exception& e) {
    std::printf("  %s: %s\n", text, e.what());
  }
}

}  // namespace

int main() {
  for (int kind = 0; kind <= 8; ++kind) {
    std::printf("kind %d\n", kind);
    try {
      by_class(kind);
    } catch (Base* b) {
      std::printf("  Base* %s\n", b == nullptr ? "null" : "?");
    } catch (const std::string& s) {
      std::printf("  %s\n", s.c_str());
    }
  }

  std::puts("recursion");
  try {
    recurse(5000);
  } catch (const std::exception& e) {
    std::printf("  %s, %d frames returned\n", e.what(), depth_reached);
  }

  std::puts("constructors");
  for (const bool fails : {false, true}) {
    try {
      Whole whole(fails);
    } catch (const std::exception& e) {
      std::printf("  %s\n", e.what());
    }
  }
  try {
    std::vector<Member> members;
    members.reserve(2);
    members.emplace_back(false);
    members.emplace_back(true);
  } catch (...) {
    std::puts("  a vector was cleaned up");
  }

  std::puts("nested");
  std::printf("  %s\n", nested().c_str());

  std::puts("function objects");
  std::map<std::string, std::function<int(int)>> functions;
  functions["thrower"] = [](int n) -> int { throw n * 2; };
  functions["catcher"] = [&](int n) {
    try {
      return functions.find("thrower")->second(n);
    } catch (int value) {
      return value + 1;
    }
  };
  std::printf("  %d\n", functions.find("catcher")->second(20));

  std::puts("loop");
  std::printf("  %d\n", sum_of_caught(100000));

  std::puts("calculator");
  for (const char* text : {"1+2*3", "(4+5)*(6-7)", "8/(3-3)", "2*(3+", "2+x", "7)", ""}) calculate(text);
  return 0;
}
