"""What the grader and a worker say to each other: the only code of ours that both sides share.

Imports nothing else of ours, since a worker can see nothing else; anybody may import it.
"""
