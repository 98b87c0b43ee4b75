"""Image sets: what an agent is shown. Drawn ones, folders of one's own, pictures of things; training and held-out.

From outside: `dataset.folder_of` and `dataset.held_out_folder_of`, which make the dataset folder of a Config, and
`dataset.DatasetError`.
"""
