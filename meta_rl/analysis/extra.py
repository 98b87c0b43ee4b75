"""The optional packages of this folder."""
import importlib.util

from meta_rl.config import ConfigError
from meta_rl.console import hints

PACKAGES = (('sklearn', 'scikit-learn'), ('scipy', 'SciPy'))


def check(packages=PACKAGES):
    """Raises ConfigError that names the first of `packages`, (module, name), that is not installed here, and the mend."""
    for module, name in packages:
        if importlib.util.find_spec(module) is None:
            raise ConfigError(f'{name} is not installed for this Python: install what analyses take with '
                              f'`{hints.install("requirements/analysis.txt")}`.')
