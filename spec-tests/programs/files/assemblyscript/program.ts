// A program of ours in AssemblyScript: classes, generics, maps, strings and the garbage collector.
// program NAME: greets, computes, and exits with 3.

class Node<T> {
  left: Node<T> | null = null;
  right: Node<T> | null = null;
  constructor(public key: string, public value: T) {}
}

class Tree<T> {
  private root: Node<T> | null = null;
  private count: i32 = 0;

  set(key: string, value: T): void {
    let node = this.root;
    if (!node) {
      this.root = new Node<T>(key, value);
      this.count++;
      return;
    }
    while (true) {
      if (node!.key == key) {
        node!.value = value;
        return;
      }
      const next: Node<T> | null = key < node!.key ? node!.left : node!.right;
      if (!next) break;
      node = next;
    }
    if (key < node!.key) node!.left = new Node<T>(key, value);
    else node!.right = new Node<T>(key, value);
    this.count++;
  }

  collect(node: Node<T> | null, into: string[]): void {
    if (!node) return;
    this.collect(node.left, into);
    into.push(node.key + "=" + node.value.toString());
    this.collect(node.right, into);
  }

  toString(): string {
    const parts = new Array<string>();
    this.collect(this.root, parts);
    return this.count.toString() + ": " + parts.join(" ");
  }
}

function sieve(limit: i32): i32 {
  const composite = new Uint8Array(limit + 1);
  let primes = 0;
  for (let n = 2; n <= limit; n++) {
    if (composite[n]) continue;
    primes++;
    for (let m = n * n; m <= limit && m > 0; m += n) composite[m] = 1;
  }
  return primes;
}

// Makes garbage: the collector has to give it back.
function churn(rounds: i32): i32 {
  let length = 0;
  for (let i = 0; i < rounds; i++) {
    const parts = new Array<string>();
    for (let j = 0; j < 20; j++) parts.push((i * j).toString(16));
    length += parts.join("-").length;
  }
  return length;
}

const words = "the quick brown fox jumps over the lazy dog and the slow red fox".split(" ");
const counts = new Map<string, i32>();
for (let i = 0; i < words.length; i++) {
  counts.set(words[i], counts.has(words[i]) ? counts.get(words[i]) + 1 : 1);
}
const tree = new Tree<i32>();
const keys = counts.keys();
for (let i = 0; i < keys.length; i++) tree.set(keys[i], counts.get(keys[i]));

console.log("hello, " + process.argv[1] + " " + process.env.get("MOOD"));
console.log(tree.toString());
console.log(sieve(200000).toString() + " " + churn(2000).toString());
console.log(Math.sqrt(2).toString() + " " + Math.sin(1e6).toString() + " " + (0.1 + 0.2).toString() + " " + f32.MAX_VALUE.toString());
console.log((i64.MAX_VALUE).toString() + " " + (<u64>-1).toString(36) + " " + (<i32>NaN).toString() + " " + (7 % -3).toString());
console.log("äöü€".toUpperCase() + " " + "abc".charCodeAt(1).toString() + " " + "a,b,,c".split(",").length.toString() + " " + "x".padStart(4, "-"));
const numbers: f64[] = [3.5, -1, 10, 2.25, 1e-7, 1e21];
numbers.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
console.log(numbers.join(" ") + " " + numbers.map<f64>((x) => x * 2).reduce<f64>((a, x) => a + x, 0).toString());
process.stderr.write("to standard error\n");
console.log(process.stdin.read(new ArrayBuffer(100)).toString() + " bytes read");
process.exit(3);
