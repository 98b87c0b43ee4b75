"""What the viewer sees: the screen through its camera, the stand and the stadium around it, drawn surroundings, the head-up display.

From outside: `camera.Camera`, `hud`, `looks`. They know poses and pictures, and no task.
"""
