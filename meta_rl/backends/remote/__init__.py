"""Workers in processes of their own: the process, the worker in it, the shared network that it talks to, and what carries their talk."""
