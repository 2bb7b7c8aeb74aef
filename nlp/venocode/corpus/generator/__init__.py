"""The rooms behind :mod:`venocode.corpus.generate`: scenario, policy, grammar, naming, composing, layout, noise."""
