"""The venocode pipes. Importing this package registers their spaCy factories (``venocode_<pipe>``)."""

from venocode.pipes import events, layout, lexer, mentions, normalizer, status, veins

registered = (normalizer, lexer, layout, veins, mentions, status, events)
