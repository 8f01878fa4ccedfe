#!/usr/bin/env python3
"""names.py [ROOT]: fails when a comment, or `backticks` in the documentation, names Class::member and there is no such
class, or nothing of that name in a file that defines the class."""
import collections
import os
import re
import sys

ROOMS = ('bench', 'cli', 'core', 'decoder', 'docs', 'examples', 'include', 'interp', 'jit', 'runtime', 'scripts',
         'spec-tests', 'text', 'validator', 'wasi')
DEFINITION = re.compile(r'^\s*(?:(?:template <.*>|typedef|extern)\s+)*(?:class|struct|enum class|concept)\s+'
                        r'(?:MINI_WASM_API\s+|\[\[\w+\]\]\s+)*([A-Z]\w*)\b(?! *(?:: *\w+ *)?;)|^\s*using ([A-Z]\w*) =', re.M)
NAME = re.compile(r'\b([A-Z]\w*)::(~?\w+)')


def sources(root):
    for name in os.listdir(root):
        if name.endswith('.md') and name != 'CHANGELOG.md':  # which tells of the past
            yield name
    for room in ROOMS:
        for folder, _, files in os.walk(os.path.join(root, room)):
            for name in files:
                if name.endswith(('.h', '.cc', '.def', '.md')):
                    yield os.path.relpath(os.path.join(folder, name), root)


def prose(path, line):
    if path.endswith('.md'):
        return ' '.join(re.findall('`([^`]*)`', line))
    comment = line.find('//')
    return '' if comment < 0 else line[comment:]


def code(path, text):
    return '' if path.endswith('.md') else re.sub('//.*', '', text)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
    texts = {}
    for path in sources(root):
        with open(os.path.join(root, path), encoding='utf-8', errors='replace') as file:
            texts[path] = file.read()
    homes = collections.defaultdict(str)  # the code of the files that define a class
    qualified = set()  # Class::member in code
    for path, text in texts.items():
        only = code(path, text)
        qualified.update(NAME.findall(only))
        for found in DEFINITION.finditer(only):
            homes[found.group(1) or found.group(2)] += only
    words = {name: set(re.findall(r'~?\w+', text)) for name, text in homes.items()}
    count = bad = 0
    for path, text in sorted(texts.items()):
        for number, line in enumerate(text.splitlines(), 1):
            for name, member in NAME.findall(prose(path, line)):
                count += 1
                if name not in words:
                    why = f'there is no class {name}'
                elif member not in words[name] and (name, member) not in qualified:
                    why = f'{name} has no {member}'
                else:
                    continue
                bad += 1
                print(f'{path}:{number}: {name}::{member}: {why}')
    print(f'{count} names of members, {bad or "none"} wrong' if count else 'no name of a member found')
    sys.exit(bad != 0 or count == 0)


main()
