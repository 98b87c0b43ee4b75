"""Pictures: curves, learning sets, recordings of episodes (GIF, MP4), and every figure of img/.

From outside: `plotting.plot`, `recording.record`, `all_figures.draw_all`.
"""
