"""The protocol between the grader and a worker: the only code of ours that both sides share.

Imports nothing else of ours, because a worker can see nothing else; any room may import it.
"""
