"""One prompt for one unit, whole in the locale's language.

Knows packs, briefs and templates; knows nothing of tokenizers. Text from briefs and brands is data: it is
filled in, never read as a template, and cannot open a turn or a line of its own.
"""
