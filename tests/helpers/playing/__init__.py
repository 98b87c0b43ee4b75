"""What is played in tests: environments, small settings of the real lab, and a player who knows the draw."""
