"""What the scripts of a peer take for granted that the scripts of the specification do not."""
import re

# In one line, because it goes before a script's first. The collection comes with the allocation, under --gc-stress.
WASMTIME_HOST = ('(module $wasmtime (type $t (struct)) (func (export "gc") (drop (struct.new $t))))'
                 '(register "wasmtime" $wasmtime)')


def commands(script):
    """(begin, end) of each command, that is of what stands in parentheses."""
    depth = begin = 0
    for token in re.finditer(r'\(;.*?;\)|;;[^\n]*|"(?:[^"\\]|\\.)*"|[()]', script, re.DOTALL):
        if token[0] == "(":
            begin = begin if depth else token.start()
            depth += 1
        elif token[0] == ")":
            depth -= 1
            if depth == 0:
                yield begin, token.end()


def wasmtime(script):
    """The script in the official language, all lines where they were; how many commands are new; further options.

    Wasmtime registers each module that has a name, has a module "wasmtime", and gives (ref.func n) as a result.
    """
    parts, at, added = [], 0, 0
    options = []
    if '"wasmtime" "gc"' in script:
        parts.append(WASMTIME_HOST)
        added += 2
        options = ["--gc-stress"]
    for begin, end in commands(script):
        command = script[begin:end]
        if command.startswith("(assert_return"):
            command = re.sub(r"\(ref\.func \d+\)", "(ref.func)", command)
        if named := re.match(r"\(module\s+\$([^\s()]+)", command):
            command += f'(register "{named[1]}" ${named[1]})'
            added += 1
        parts += [script[at:begin], command]
        at = end
    return "".join(parts) + script[at:], added, options
