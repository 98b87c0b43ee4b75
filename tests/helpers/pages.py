"""The pages that a reader sees: README.md, CONTRIBUTING.md and docs/, and what is code in them."""
import os
import re

from helpers.labs import TESTS

ROOT = os.path.dirname(TESTS)


def read(name):
    """The text of a file of the project."""
    with open(os.path.join(ROOT, name), encoding='utf-8') as page:
        return page.read()


def pages():
    """{name: text} of README.md, CONTRIBUTING.md, CHANGELOG.md and docs/*.md."""
    docs = sorted(name for name in os.listdir(os.path.join(ROOT, 'docs')) if name.endswith('.md'))
    return {name: read(name) for name in ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'] + [f'docs/{name}' for name in docs]}


def without_fences(text):
    return re.sub(r'(?ms)^```.*?^```$', '', text)


def indented(text):
    """The lines of code that are not in fences."""
    return [line.strip() for line in re.findall(r'(?m)^    \S.*$', without_fences(text))]


def fenced(text):
    """[(language, code)] of the fenced blocks."""
    return re.findall(r'(?ms)^```(\w*)\n(.*?)^```$', text)


def bare(line):
    """A line of code without its comment."""
    return line.split('  #')[0].split(' # ')[0].strip()


def commands():
    """Each `python harlow.py ...` of all pages, without its comment, once."""
    found = []
    for text in pages().values():
        found += [bare(line) for line in indented(text) if line.startswith('python harlow.py')]
        found += [' '.join(code.split()) for code in re.findall(r'`(python harlow\.py[^`]*)`', without_fences(text))]
    return sorted(set(found))
