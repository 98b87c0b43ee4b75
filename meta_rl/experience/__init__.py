"""Experience: B environments played side by side with a network, and the returns and advantages of what they were paid.

From outside: `actor.Actor`, `actor.play_episodes`, `actor.Experience`, and the pure functions of `returns`. Imports envs, nets and
rundir.saving; knows neither gradients nor backends.
"""
