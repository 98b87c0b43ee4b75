"""Who carries the workers: threads, processes around TensorFlow servers (here or in a cluster), or Ray actors.

From outside: `threads.Threads`, `processes.Processes` and `ray_actors.Rays`, of which `training` takes one.
"""
