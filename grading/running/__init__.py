"""From hand-ins to grades: one at a time (`work`), check by check (`runner`), many side by side (`run`, `cluster`).

Stands on everything that judges, names and repairs. Commands, entrances and the gradebook import it.
"""
