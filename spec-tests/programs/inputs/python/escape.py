import os
try:
    os.symlink("../../../../etc/passwd", "/work/made-here")
except OSError:
    pass  # An engine may refuse to make such a link, or only to follow it.
for path in ["/etc/passwd", "/work/../etc/passwd", "../../../../etc/passwd", "/work/made-here", "/work/relative-link",
             "/work/absolute-link", "/work/folder-link/passwd"]:
    try:
        open(path)
        print(path, "is open")
    except OSError:
        print(path, "refused")
