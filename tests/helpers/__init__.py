"""What several tests need: labs and recordings, runs in processes, slow twins of networks. Imported as helpers.NAME."""
