"""Parsing: argparse that says what is wrong in one sentence, and what may have been meant."""
import argparse
import difflib
import re
import sys
import textwrap

from meta_rl.config import ConfigError
from meta_rl.console.version import version


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage lines before it."""

    def parse(self, arguments, commands):
        """The arguments as argparse has them; the first of them has to be one of `commands`, or a flag."""
        if not arguments[0].startswith('-') and arguments[0] not in commands:
            self.error('there is no command {!r}, choose from {}{}'.format(
                arguments[0], ', '.join(commands), nearest(arguments[0], commands)))
        return self.parse_args(arguments)

    def error(self, message):
        self.exit(2, f'{self.prog}: {message}{self.meant(message)} (see --help)\n')

    def meant(self, message):
        """', did you mean ...?' where an error is about a word that is like one that there is, else ''."""
        choice = re.match(r"argument .*: invalid choice: '(.*?)' \(choose from (.*)\)", message)
        if choice:
            return nearest(choice.group(1), [word.strip("' ") for word in choice.group(2).split(',')])
        words = re.match(r'unrecognized arguments: (--?[^ =]+)', message)
        return nearest(words.group(1), list(self._option_string_actions)) if words else ''

    def parse_known_args(self, args=None, namespace=None):
        """As argparse has it; but --log_every is --log-every, and what a command does not know is its own error: it knows its flags."""
        namespace, unknown = super().parse_known_args(with_dashes(sys.argv[1:] if args is None else args), namespace)
        if unknown and self._subparsers is None:
            self.error('unrecognized arguments: ' + ' '.join(unknown))
        return namespace, unknown


class Formatter(argparse.HelpFormatter):
    """Help in which a switch is listed as --late, --no-late, and no flag is broken at its hyphens."""

    def _split_lines(self, text, width):
        return textwrap.wrap(' '.join(text.split()), width, break_on_hyphens=False)

    def _fill_text(self, text, width, indent):
        return textwrap.fill(' '.join(text.split()), width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)

    def _format_action_invocation(self, action):
        return ', '.join(action.option_strings) if isinstance(action, Switch) else super()._format_action_invocation(action)


class Switch(argparse.Action):
    """A setting that is true or false: --late, --no-late, --late true, --late false."""

    ALONE = object()  # the value of a flag without one

    def __init__(self, option_strings, dest, **more):
        super().__init__(option_strings, dest, nargs='?', const=self.ALONE, **more)

    def __call__(self, parser, namespace, value, option_string=None):
        negative = option_string.startswith('--no-')
        if negative and value is not self.ALONE:
            parser.error(f'argument {option_string}: it takes no value')
        setattr(namespace, self.dest, not negative if value is self.ALONE else value)


class Version(argparse.Action):
    """Prints the version and ends. Asked of git only where it is asked for."""

    def __init__(self, option_strings, dest, **more):
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS, **more)

    def __call__(self, parser, namespace, value, option_string=None):
        print(f'harlow.py {version()}')
        parser.exit(0)


def with_dashes(words):
    """The words of a command line, with --log-every for --log_every."""
    end = words.index('--') if '--' in words else len(words)
    parts = [word.partition('=') for word in words[:end]]
    return [name.replace('_', '-') + sign + value if name.startswith('--') else name + sign + value
            for name, sign, value in parts] + list(words[end:])


def nearest(word, words):
    """'; did you mean ...?' with that one of `words` which is like `word`, else ''."""
    found = difflib.get_close_matches(word, words, 1, .7)
    return f'; did you mean {found[0]}?' if found else ''


def truth(text):
    """bool: what a flag's 'true' or 'false' says."""
    if text not in ('true', 'false'):
        raise argparse.ArgumentTypeError(f'{text!r} is neither true nor false')
    return text == 'true'


def check_words(args):
    """Raises ConfigError for a word that TensorFlow, which takes UTF-8 alone, could not take as the path of a file."""
    for name, value in sorted(vars(args).items()):
        for word in value if isinstance(value, list) else [value]:
            try:
                (word if isinstance(word, str) else '').encode('utf-8')
            except UnicodeError:
                flag = 'RUN' if name in ('run', 'runs') else '--' + name.replace('_', '-')
                raise ConfigError(f'{flag} is {word!a}, which is not UTF-8 to this Python: give it another name, or set a locale of '
                                  'UTF-8 before (export LC_ALL=C.UTF-8).')


def check_played(args):
    """Raises ConfigError for a count of episodes or a seed that cannot be."""
    if args.episodes < 1:
        raise ConfigError('--episodes is %d: it must be at least 1.' % args.episodes)
    if args.seed is not None and not 0 <= args.seed < 2 ** 32:
        raise ConfigError('--seed is %d: it must be from 0 to 4294967295.' % args.seed)
