#include "runtime/call/exception_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace mini_wasm::runtime {
namespace {

// The handlers around a position: those that the table finds, compared with those found by looking at each handler.
std::vector<uint32_t> found(const ExceptionTable& table, uint32_t at) {
  std::vector<uint32_t> handlers;
  for (uint32_t i = table.first(at); i != ExceptionTable::kNone; i = table.next(i, at)) handlers.push_back(i);
  return handlers;
}
std::vector<uint32_t> wanted(const ExceptionTable& table, uint32_t at) {
  std::vector<uint32_t> handlers;
  for (uint32_t i = 0; i < table.handlers.size(); ++i) {
    if (at >= table.handlers[i].begin && at < table.handlers[i].end) handlers.push_back(i);
  }
  return handlers;
}

// Makes nested and adjacent blocks, some of them empty, some twice (the clauses of a legacy try); inner ones come
// first.
void blocks(std::mt19937& random, uint32_t begin, uint32_t end, int depth, std::vector<HandlerRange>& out) {
  for (uint32_t at = begin; depth > 0 && at < end;) {
    const uint32_t to = at + static_cast<uint32_t>(random() % (end - at + 1));
    blocks(random, at, to, depth - 1, out);
    for (auto times = random() % 3; times > 0; --times) out.push_back({at, to});
    at = to + static_cast<uint32_t>(random() % 3);
  }
}

TEST(exception_table, an_index_finds_what_a_look_at_each_handler_finds) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    ExceptionTable table;
    blocks(random, 0, 60, 1 + round % 5, table.handlers);
    table.index();
    for (uint32_t at = 0; at < 64; ++at) ASSERT_EQ(found(table, at), wanted(table, at)) << round << " " << at;
  }
}

TEST(exception_table, ranges_that_are_no_blocks_are_searched_one_by_one) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    ExceptionTable table;
    for (int i = 0; i < 20; ++i)
      table.handlers.push_back({static_cast<uint32_t>(random() % 60), static_cast<uint32_t>(random() % 60)});
    table.index();
    for (uint32_t at = 0; at < 64; ++at) ASSERT_EQ(found(table, at), wanted(table, at)) << round << " " << at;
  }
}

TEST(exception_table, a_search_among_many_looks_at_few) {
  // Many ranges, one after the other, inside one range. A position lies in two ranges; the second one that is found is
  // the last in the table.
  ExceptionTable table;
  constexpr uint32_t kMany = 100'000;
  for (uint32_t i = 0; i < kMany; ++i) table.handlers.push_back({i, i + 1});
  table.handlers.push_back({0, kMany});
  table.index();
  for (uint32_t at = 0; at < kMany; ++at) {
    ASSERT_EQ(table.first(at), at);
    ASSERT_EQ(table.next(at, at), kMany);
  }
}

}  // namespace
}  // namespace mini_wasm::runtime
