"""The executed notebook: which are run, with what around them, and what is made of what they show."""
