#include "wasi/path_walk.h"

#include <utility>
#include <vector>

namespace mini_wasm::wasi {

namespace {

// The components of a path that have not been walked yet. When a link is expanded, its components come before the
// others.
class Components {
 public:
  explicit Components(std::string_view path) { push_front(path); }

  void push_front(std::string_view path) {
    if (rest_.empty()) trailing_slash_ |= path.back() == '/';
    for (size_t end = path.size(); end > 0;) {
      const size_t slash = path.find_last_of('/', end - 1);
      const size_t start = slash == std::string_view::npos ? 0 : slash + 1;
      if (start < end) rest_.emplace_back(path.substr(start, end - start));
      end = start == 0 ? 0 : start - 1;
    }
  }

  std::string pop_front() {
    std::string front = std::move(rest_.back());
    rest_.pop_back();
    return front;
  }

  bool empty() const { return rest_.empty(); }
  bool trailing_slash() const { return trailing_slash_; }

 private:
  std::vector<std::string> rest_;  // last component first
  bool trailing_slash_ = false;
};

}  // namespace

Errno check_path(std::string_view path) {
  if (path.empty()) return Errno::noent;
  if (path.size() >= kMaxPath) return Errno::nametoolong;
  return path.front() == '/' ? Errno::perm : Errno::success;
}

ErrnoOr<WalkEnd> walk_path(PathWalk& walk, const std::string& path, LastLink last) {
  if (const Errno error = check_path(path); error != Errno::success) return error;
  Components rest(path);
  int links = 0;
  for (;;) {
    const std::string name = rest.pop_front();
    const bool is_last = rest.empty();
    if (name == "..") {
      if (const Errno error = walk.climb(); error != Errno::success) return error;
    }
    if (name == "." || name == "..") {
      if (is_last) return WalkEnd{".", true, name == "..", rest.trailing_slash()};
      continue;
    }
    if (is_last && last == LastLink::keep) return WalkEnd{name, false, false, rest.trailing_slash()};
    if (!is_last) {
      const Errno entered = walk.enter(name);
      if (entered == Errno::success) continue;
      if (entered != Errno::loop && entered != Errno::notdir && entered != Errno::mlink) return entered;
    }
    ErrnoOr<std::string> target = walk.read_link(name);
    if (!target.ok()) {
      const bool no_link = target.error() == Errno::inval;
      const bool missing = target.error() == Errno::noent;
      if (is_last && (no_link || missing)) return WalkEnd{name, false, false, rest.trailing_slash()};
      return no_link ? Errno::notdir : target.error();
    }
    if (++links > kMaxLinks) return Errno::loop;
    rest.push_front(*target);
  }
}

}  // namespace mini_wasm::wasi
