// Listening sockets for programs that accept connections.
#pragma once

#include <mini_wasm/result.h>

#include <string>
#include <vector>

namespace mini_wasm::cli {

// Sockets that listen at HOST:PORT, [IPV6]:PORT, :PORT (all addresses of this machine) or unix:PATH. Port 0 means a
// free port. "systemd": the sockets that this process was started with (LISTEN_FDS, LISTEN_PID). They stay open.
// Errors: usage, io.
Result<std::vector<int>> listen_at(const std::string& address);

// The address where a socket listens: "127.0.0.1:8080", "[::1]:80", "unix:PATH".
std::string address_of(int socket);

}  // namespace mini_wasm::cli
