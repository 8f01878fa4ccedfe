#include "cli/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

namespace mini_wasm::cli {
namespace {

Error failed(const std::string& address, const std::string& why) {
  return Error::make(ErrorKind::io, "--listen " + address + ": " + why);
}
Error failed(const std::string& address) { return failed(address, std::strerror(errno)); }

Result<int> bind_and_listen(const std::string& address, int family, const sockaddr* where, socklen_t size) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(address);
  const int yes = 1, no = 0;
  (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (family == AF_INET6) (void)::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
  if (::bind(fd, where, size) == 0 && ::listen(fd, SOMAXCONN) == 0) return fd;
  const int error = errno;
  ::close(fd);
  return failed(address, std::strerror(error));
}

Result<int> listen_unix(const std::string& address, const std::string& path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(where.sun_path)) return failed(address, "not a path for a socket");
  std::memcpy(where.sun_path, path.data(), path.size());
  // An earlier run may have left a socket. It is removed only if it is a socket and nobody answers there.
  struct stat left;
  if (::lstat(path.c_str(), &left) == 0 && S_ISSOCK(left.st_mode)) {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool refused =
        ::connect(probe, reinterpret_cast<sockaddr*>(&where), sizeof(where)) != 0 && errno == ECONNREFUSED;
    ::close(probe);
    if (refused) ::unlink(path.c_str());
  }
  return bind_and_listen(address, AF_UNIX, reinterpret_cast<sockaddr*>(&where), sizeof(where));
}

std::optional<long> parse_number(std::string_view text) {
  long value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

Error malformed(const std::string& address) {
  return Error::make(ErrorKind::usage,
                     "--listen: expected HOST:PORT, [IPV6]:PORT, :PORT, unix:PATH or systemd, where "
                     "HOST is an address and not a name, found " +
                         address);
}

// Addresses must be numbers: looking up a name would need the system's resolver, which is loaded as a library.
Result<int> listen_tcp(const std::string& address) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon == address.npos ? 0 : colon);
  const std::optional<long> port =
      parse_number(std::string_view(address).substr(colon == address.npos ? 0 : colon + 1));
  if (colon == address.npos || !port || *port < 0 || *port > 0xffff) return malformed(address);
  const bool in_brackets = host.starts_with('[') && host.ends_with(']');
  if (in_brackets) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(static_cast<uint16_t>(*port));
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = v6.sin6_port;
  const auto try_v6 = [&] { return bind_and_listen(address, AF_INET6, reinterpret_cast<sockaddr*>(&v6), sizeof(v6)); };
  const auto try_v4 = [&] { return bind_and_listen(address, AF_INET, reinterpret_cast<sockaddr*>(&v4), sizeof(v4)); };
  if (host.empty()) {
    // Where IPv6 exists, one IPv6 socket accepts IPv4 connections as well.
    Result<int> both = try_v6();
    return both ? std::move(both) : try_v4();
  }
  if (in_brackets) return ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1 ? try_v6() : malformed(address);
  return ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1 ? try_v4() : malformed(address);
}

std::optional<long> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? std::nullopt : parse_number(text);
}

// sd_listen_fds(3): descriptors from 3 on, if they are meant for this process.
Result<std::vector<int>> sockets_of_systemd() {
  constexpr int kFirst = 3;
  constexpr long kMost = 1000;
  const std::optional<long> process = number_in("LISTEN_PID"), count = number_in("LISTEN_FDS");
  if (!process || *process != ::getpid() || !count || *count < 1 || *count > kMost) {
    return Error::make(ErrorKind::usage,
                       "--listen systemd: this process was started with no sockets (LISTEN_FDS, LISTEN_PID)");
  }
  std::vector<int> sockets;
  for (int fd = kFirst; fd < kFirst + *count; ++fd) {
    struct stat info;
    if (::fstat(fd, &info) != 0 || !S_ISSOCK(info.st_mode)) {
      return failed("systemd", "descriptor " + std::to_string(fd) + " is not a socket");
    }
    (void)::fcntl(fd, F_SETFD, FD_CLOEXEC);
    sockets.push_back(fd);
  }
  return sockets;
}

}  // namespace

Result<std::vector<int>> listen_at(const std::string& address) {
  if (address == "systemd") return sockets_of_systemd();
  constexpr std::string_view kUnix = "unix:";
  Result<int> socket =
      address.starts_with(kUnix) ? listen_unix(address, address.substr(kUnix.size())) : listen_tcp(address);
  if (!socket) return std::move(socket).error();
  return std::vector<int>{*socket};
}

std::string address_of(int socket) {
  sockaddr_storage where{};
  socklen_t size = sizeof(where);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&where), &size) != 0) return "a socket";
  if (where.ss_family == AF_UNIX) return std::string("unix:") + reinterpret_cast<const sockaddr_un&>(where).sun_path;
  char host[INET6_ADDRSTRLEN] = "";
  if (where.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(where);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
    return "[" + std::string(host) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(where);
  ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
  return std::string(host) + ":" + std::to_string(ntohs(v4.sin_port));
}

}  // namespace mini_wasm::cli
