"""Reads a table, writes a summary, and touches as much of the library as is quick to load."""
import argparse, collections, csv, datetime, decimal, hashlib, json, math, os, random, re, struct, sys, zlib

parser = argparse.ArgumentParser()
parser.add_argument("--orders")
parser.add_argument("rest", nargs="*")
options = parser.parse_args()
print(sys.version_info[:2], sys.platform, os.path.basename(sys.argv[0]), options.rest, os.environ["GREETING"])

totals = collections.Counter()
with open(options.orders, newline="") as table:
    for row in csv.DictReader(table):
        totals[row["name"]] += int(row["amount"])
with open("/work/totals.json", "w") as out:
    json.dump({"totals": dict(sorted(totals.items())), "sum": sum(totals.values())}, out, indent=1)
    out.write("\n")
print(totals.most_common(2))

# Files and folders.
os.makedirs("/work/scratch/a/b")
for i in range(5):
    with open(f"/work/scratch/a/f{i}.bin", "wb") as f:
        f.write(struct.pack("<IdQ", i, i / 3, 1 << (12 * i)))
os.rename("/work/scratch/a/f0.bin", "/work/scratch/a/b/moved.bin")
with open("/work/scratch/a/f4.bin", "r+b") as f:
    f.seek(4)
    f.write(struct.pack("<d", math.pi))
    f.truncate(12)
for folder, folders, files in sorted(os.walk("/work/scratch")):
    print(folder, sorted(folders), [(n, os.stat(os.path.join(folder, n)).st_size) for n in sorted(files)])
with open("/work/scratch/a/f4.bin", "rb") as f:
    print(struct.unpack("<Id", f.read()))
try:
    os.rmdir("/work/scratch/a")
except OSError as error:
    print(type(error).__name__, error.strerror)
try:
    open("/work/none.txt")
except FileNotFoundError as error:
    print(error)
for folder, folders, files in os.walk("/work/scratch", topdown=False):
    for name in files:
        os.unlink(os.path.join(folder, name))
    os.rmdir(folder)

# Computing.
print(re.findall(r"(?P<key>\w+)=(?P<value>\"[^\"]*\"|\S+)", 'a=1 b="two words" c=x=y'))
print(hashlib.sha256(b"wasm" * 1000).hexdigest(), hashlib.md5(b"").hexdigest())
data = bytes(i * i % 251 for i in range(20000))
print(zlib.crc32(data), zlib.decompress(zlib.compress(data)) == data)
print(datetime.date(2024, 2, 29) + datetime.timedelta(days=366), datetime.datetime.fromtimestamp(0, datetime.timezone.utc).isoformat())
decimal.getcontext().prec = 40
print(decimal.Decimal(2).sqrt(), 3**100 % 1000007, math.factorial(30), -7 // 2, 0.1 + 0.2, 1e22, float("nan"))
random.seed(1)
print([random.randint(0, 99) for _ in range(8)], round(random.gauss(0, 1), 9))
print(sorted("straße Ärger äpfel Zebra".split(), key=str.casefold), "ﬁ".upper(), "日本".encode("utf-16-le").hex())


def generator():
    total = 0
    while (value := (yield total)) is not None:
        total += value
    return total


g = generator()
next(g)
print([g.send(n) for n in range(6)])
sieve = bytearray([1]) * 20000
for i in range(2, 142):
    if sieve[i]:
        sieve[i * i :: i] = bytes(len(sieve[i * i :: i]))
print(sum(sieve) - 2)
sys.exit(7)
