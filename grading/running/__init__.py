"""From hand-ins to grades: one at a time (`work`), check by check (`runner`), many side by side (`run`, `processes`).

Stands on everything that judges, names and repairs. Commands, entrances, the gradebook and clusters import it.
"""
