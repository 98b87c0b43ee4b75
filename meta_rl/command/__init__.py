"""What harlow.py is made of besides its flags: how they are parsed, several seeds at once, and the page of all settings.

From outside: harlow.py alone.
"""
