# Folders, as scripts use them: walked, listed while they change, matched, resolved, copied, removed.
import glob, os, pathlib, shutil, stat, tempfile

root = pathlib.Path("/work/folders")
for path in ["a/one.txt", "a/b/two.txt", "a/b/c/three.dat", "d/.hidden", "d/ümlaut.txt"]:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(path * 3)
os.symlink("a/b", root / "link")
os.symlink("nowhere", root / "dangling")

for folder, folders, files in os.walk(root):
    folders.sort()
    print(folder, folders, sorted(files))
print([f for _, _, f in os.walk(root, topdown=False)][-1:] == [["dangling"]])
print(sorted(p for p, _, _ in os.walk(root, followlinks=True)))
with os.scandir(root) as entries:
    for e in sorted(entries, key=lambda e: e.name):
        print(e.name, e.is_dir(), e.is_dir(follow_symlinks=False), e.is_symlink(), e.inode() == e.stat(follow_symlinks=False).st_ino)
print(sorted(glob.glob("/work/folders/**/*.txt", recursive=True)))
print(sorted(str(p.relative_to(root)) for p in root.rglob("*.[dt]*")))
print(os.path.realpath("/work/folders/link/../one.txt"), (root / "link" / "two.txt").resolve())
print(os.path.samefile(root / "link", root / "a/b"), os.path.lexists(root / "dangling"), os.path.exists(root / "dangling"))
print(stat.S_ISLNK(os.lstat(root / "link").st_mode), os.readlink(root / "link"), (root / "d").stat().st_nlink > 0)

shutil.copytree(root, "/work/copy", symlinks=True)
print(sorted(os.listdir("/work/copy")), os.readlink("/work/copy/dangling"), open("/work/copy/link/two.txt").read()[:7])
shutil.move("/work/copy/a/b", "/work/copy/moved")
print(sorted(os.listdir("/work/copy/a")), sorted(os.listdir("/work/copy/moved")))
for remove, what in [(os.rmdir, "/work/copy"), (os.unlink, "/work/copy/none"), (os.rmdir, "/work/copy/link")]:
    try:
        remove(what)
    except OSError as e:
        print(what, e.strerror)

# More entries than one call gives, some of which go while it is listed.
many = pathlib.Path(tempfile.mkdtemp(dir="/work"))
for i in range(500):
    (many / f"file number {i:03}").touch()
seen = []
with os.scandir(many) as entries:
    for e in entries:
        seen.append(e.name)
        if len(seen) % 2:
            os.unlink(e.path)
print(len(seen), len(set(seen)), len(os.listdir(many)))
for folder in [many, root, "/work/copy"]:
    shutil.rmtree(folder)
print([name for name in os.listdir("/work") if name in ("folders", "copy") or name == many.name])
