require "json"
require "set"
require "digest"

puts "#{RUBY_ENGINE} #{RUBY_VERSION} #{ARGV.inspect} #{$0}"

# Numbers of any size, strings in Unicode, patterns, hashes that keep their order.
puts (1..30).reduce(:*), 2**200, Rational(1, 3) + 0.5r, 0.1 + 0.2, -7.divmod(2).inspect
puts "Grüße, Ωmega!".upcase.scan(/[[:alpha:]]+/).inspect, "%-8s|%+.3e|%08b" % ["ab", 12345.678, 37]
words = %w[pear apple fig apple fig apple].tally.sort_by { |word, n| [-n, word] }.to_h
puts JSON.pretty_generate(words: words, nested: [1, 2.5, nil, { "a" => true }])
puts Digest::SHA256.hexdigest("abc"), [1, 2, 3].pack("nNC").unpack1("H*")
Point = Struct.new(:x, :y) { def +(other) = Point.new(x + other.x, y + other.y) }
puts (Point.new(1, 2) + Point.new(3, 4)).inspect
case { name: "n", list: [1, [2, 3]] }
in { name: String => name, list: [Integer => first, [*, last]] } then puts [name, first, last].inspect
end

# Control that leaves frames behind: Ruby rewinds its own stack for each of these.
puts catch(:found) { (1..9).each { |i| (1..9).each { |j| throw :found, [i, j] if i * j == 42 } } }.inspect
fiber = Fiber.new { |x| 3.times { |i| x = Fiber.yield(x * i) }; :done }
puts 5.times.map { |i| fiber.resume(i) rescue $!.class }.inspect
squares = Enumerator.new { |y| n = 0; loop { y << (n += 1)**2 } }
puts squares.lazy.select(&:odd?).map { _1 + 1 }.first(4).inspect
begin
  Integer("x")
rescue ArgumentError => e
  puts e.message
ensure
  puts "ensured"
end

# The collector, and the file system.
kept = (1..20_000).map { |i| "object #{i}" * 2 }
GC.start
puts kept.sum(&:size)
Dir.mkdir("/made")
File.open("/made/file", "w") { |f| f.puts "one", "two"; f.seek(0); f.write("ONE") }
File.symlink("file", "/made/link")
puts File.readlines("/made/link", chomp: true).inspect, File.size("/made/file"), File.lstat("/made/link").symlink?
File.rename("/made/file", "/made/other")
puts Dir.glob("/made/*").sort.inspect, Dir.children("/made").size, (File.read("/none") rescue $!.class)
File.delete("/made/other", "/made/link")
Dir.rmdir("/made")
