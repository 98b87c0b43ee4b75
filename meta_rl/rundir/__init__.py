"""What a run leaves behind: curve, TensorBoard, checkpoints and their digests, and what it goes on from.

From outside: `recorder.Recorder`, `monitor.Monitor`, `checkpoints.Checkpoints`, `resume.newest`.
"""
