"""Rule files of the note generator: scenarios, names, layouts and the productions of the language."""
