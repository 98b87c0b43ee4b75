"""Workers in processes of their own: the process, the worker in it, the shared network, and the queues between them."""
