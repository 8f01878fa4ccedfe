-- Tables, closures, metatables, strings and patterns, integers and floats, garbage.
print(...)

local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(22))

-- Life on a torus.
local Grid = {}
Grid.__index = Grid
Grid.__eq = function(a, b) return tostring(a) == tostring(b) end
Grid.__tostring = function(self)
  local lines = {}
  for y = 1, self.height do lines[y] = table.concat(self.rows[y]) end
  return table.concat(lines, "\n")
end
function Grid.new(width, height, alive)
  local grid = setmetatable({width = width, height = height, rows = {}}, Grid)
  for y = 1, height do
    grid.rows[y] = {}
    for x = 1, width do grid.rows[y][x] = alive(x, y) and "#" or "." end
  end
  return grid
end
function Grid:next()
  local function at(x, y)
    return self.rows[(y - 1) % self.height + 1][(x - 1) % self.width + 1] == "#"
  end
  return Grid.new(self.width, self.height, function(x, y)
    local count = 0
    for dy = -1, 1 do
      for dx = -1, 1 do
        if (dx ~= 0 or dy ~= 0) and at(x + dx, y + dy) then count = count + 1 end
      end
    end
    return count == 3 or count == 2 and at(x, y)
  end)
end
local seed = 42
local grid = Grid.new(24, 12, function()
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return seed >> 16 & 3 == 0
end)
for _ = 1, 20 do grid = grid:next() end
print(grid, grid == grid:next())

local text = "the quick brown fox, the lazy dog; x=10, y = -2.5e3, name='quoted'"
local words = {}
for word in text:gmatch("%a+") do words[#words + 1] = word:upper() end
table.sort(words, function(a, b) return #a < #b or #a == #b and a < b end)
print(table.concat(words, " "), text:find("(%w+)%s*=%s*(%-?%d+)"), (text:gsub("%w+", {the = "THE", x = 1})))
print(("%5.2f|%-8s|%08x|%q|%g|%d"):format(math.pi, "left", 48879, 'a\n"b"', 1e100, -0x8000000000000000))
print(string.pack("<i4z>d", -2, "abc", 0.5):byte(1, -1))
print(7 // -2, 7 % -3, -7.5 // 2, 7 // 0.0, 1 << 63, math.maxinteger + 1, 10 / 2, 3 | 4 ~ 1, "10" + 5, 2 ^ 0.5)
print(math.tointeger(3.0), math.type(1), math.type(1.0), math.ult(1, -1), 0x1p-3, 1e15, 2 ^ 53, -0.0)
print(utf8.char(72, 228, 8364, 128512), utf8.len("äöü€"), #"äöü€", utf8.codepoint("€", 1))

local garbage = 0
for round = 1, 200 do
  local list = {}
  for i = 1, 100 do list[i] = {round = round, name = "item " .. i, f = function() return i * round end} end
  garbage = garbage + list[50].f() + #list[7].name
end
print(garbage, select("#", table.unpack({1, nil, 3}, 1, 3)), next({}), rawequal(grid, grid), pcall(math.sqrt, 16))
local ok, chunk = true, load("local a, b = ... return a * b, ...")
print(chunk(6, 7))
goto done
print("skipped")
::done::
io.write(string.rep("ab", 3, "-"), "\n")
