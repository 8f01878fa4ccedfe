// words index FOLDER OUTPUT: counts the words of all text files below FOLDER.
// words compute: prints what numbers, strings and collections give. words panic: panics.
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::{cmp::Reverse, env, fmt, fs, io, process};

#[derive(Default)]
struct Index {
    words: HashMap<String, usize>,
    files: BTreeMap<String, u64>,
    skipped: BTreeSet<String>,
}

impl Index {
    fn add_folder(&mut self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                self.add_folder(&path)?;
            } else if let Err(error) = self.add_file(&path) {
                self.skipped.insert(format!("{}: {:?}", path.display(), error.kind()));
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path) -> io::Result<()> {
        let file = fs::File::open(path)?;
        self.files.insert(path.display().to_string(), file.metadata()?.len());
        for line in BufReader::new(file).lines() {
            for word in line?.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
                *self.words.entry(word.to_lowercase()).or_default() += 1;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted: Vec<_> = self.words.iter().collect();
        sorted.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let limit = env::var("LIMIT").ok().and_then(|l| l.parse().ok()).unwrap_or(5);
        for (word, count) in sorted.into_iter().take(limit) {
            writeln!(f, "{:>6} {:<10}|", count, word)?;
        }
        write!(f, "{} different words", self.words.len())
    }
}

fn index(folder: &str, output: &str) -> io::Result<()> {
    let mut index = Index::default();
    index.add_folder(Path::new(folder))?;
    println!("{}\n{:?}\n{:?}", index, index.files, index.skipped);
    let mut out = BufWriter::new(fs::File::create(output)?);
    for (path, size) in &index.files {
        writeln!(out, "{path}\t{size}")?;
    }
    out.flush()?;
    drop(out);

    // Append, go back, read the end: what file positions and flags are for.
    let mut file = fs::OpenOptions::new().read(true).append(true).open(output)?;
    file.write_all(b"END")?;
    file.seek(SeekFrom::End(-8))?;
    let mut tail = String::new();
    file.read_to_string(&mut tail)?;
    println!("{tail:?}");
    let copy = format!("{output}.copy");
    println!("{}", fs::copy(output, &copy)?);
    fs::rename(&copy, format!("{output}.moved"))?;
    fs::remove_file(format!("{output}.moved"))?;
    println!("{}", Path::new(&copy).exists());
    Ok(())
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Circle { radius: f64 },
    Polygon(Vec<(f64, f64)>),
}

impl Shape {
    fn area(&self) -> f64 {
        match self {
            Shape::Circle { radius } => std::f64::consts::PI * radius.powi(2),
            Shape::Polygon(points) => {
                let next = points.iter().cycle().skip(1);
                points.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>().abs() / 2.0
            }
        }
    }
}

// Dijkstra on a grid whose costs come from a linear congruential generator.
fn shortest_path(size: usize) -> u64 {
    let mut state = 12345u64;
    let cost: Vec<u64> = (0..size * size)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            state >> 60
        })
        .collect();
    let mut best = vec![u64::MAX; size * size];
    let mut heap = BinaryHeap::from([Reverse((0, 0usize))]);
    while let Some(Reverse((distance, at))) = heap.pop() {
        if distance >= best[at] {
            continue;
        }
        best[at] = distance;
        let (x, y) = (at % size, at / size);
        let steps = [(x > 0, at.wrapping_sub(1)), (x + 1 < size, at + 1), (y > 0, at.wrapping_sub(size)), (y + 1 < size, at + size)];
        for (_, to) in steps.into_iter().filter(|step| step.0) {
            heap.push(Reverse((distance + cost[to], to)));
        }
    }
    best[size * size - 1]
}

fn compute() {
    let shapes = [Shape::Circle { radius: 1.5 }, Shape::Polygon(vec![(0.0, 0.0), (4.0, 0.0), (4.0, 3.0)])];
    println!("{:?} {:.9}", shapes, shapes.iter().map(Shape::area).sum::<f64>());
    println!("{}", shortest_path(100));
    println!("{} {:?} {:?}", u128::MAX / 7, i64::MIN.checked_abs(), 200u8.saturating_add(100));
    println!("{} {} {:e} {:?} {}", 0.1 + 0.2, 1e21, 1234.5, f32::MIN_POSITIVE, (2.0f64).sqrt());
    println!("{:?} {:?}", "3.14e2".parse::<f64>(), "12x".parse::<i32>().map_err(|e| e.to_string()));
    println!("{} {} {}", (-7i32).rem_euclid(3), 0x1234_5678u32.swap_bytes(), 40u64.leading_zeros());
    println!("{:?} {:#x} {:08b} {:+}", "tab\t\u{1F980}\"", 255, 5, 7);
    let text = "Der Übermut — 12 größere Boote";
    println!("{} {} {:?}", text.len(), text.chars().rev().collect::<String>(), text.char_indices().nth(5));
    println!("{} {}", text.to_uppercase(), text.replace("öß", "oess"));
    let mut queue: VecDeque<u32> = (0..10).collect();
    queue.rotate_left(3);
    queue.retain(|n| n % 4 != 0);
    println!("{:?} {:?}", queue, queue.iter().rev().step_by(2).collect::<Vec<_>>());
    let mut numbers: Vec<u32> = (0..50_000u32).map(|n| n.wrapping_mul(2654435761)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    println!("{} {:?} {:?}", numbers.len(), numbers.binary_search(&2654435761), numbers.iter().fold(0u32, |a, n| a.rotate_left(1) ^ n));
    let callbacks: Vec<Box<dyn Fn(i32) -> i32>> = vec![Box::new(|x| x + 1), Box::new(|x| x * x), Box::new(move |x| x - shapes.len() as i32)];
    println!("{}", callbacks.iter().fold(5, |x, f| f(x)));
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["index", folder, output] => {
            if let Err(error) = index(folder, output) {
                eprintln!("cannot read {folder}: {error}");
                process::exit(3);
            }
        }
        ["compute"] => compute(),
        ["panic"] => {
            let numbers = vec![1, 2, 3];
            println!("{}", numbers[env::args().count() + 5]);
        }
        _ => process::exit(2),
    }
}
