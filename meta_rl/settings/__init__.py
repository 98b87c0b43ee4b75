"""Settings, as data alone: what each preset changes of the defaults (`presets`), and which settings only some agents use (`users`).

The settings themselves are in `meta_rl/config.py`. From outside: `presets.PRESETS`, `users.USERS`. Imports nothing of the rest, so that
help is there at once.
"""
