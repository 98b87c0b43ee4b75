"""The viewer: how it turns and where it looks (`motion`), and the body that the clock moves (`body`). Knows no screen and no task."""
