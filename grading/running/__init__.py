"""From hand-ins to grades: one at a time (`run`), check by check (`runner`), many side by side (`processes`).

Stands on everything that judges, names and repairs. Commands, entrances, the gradebook and clusters import it.
"""
