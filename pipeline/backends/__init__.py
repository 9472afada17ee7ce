"""In-process models behind the seams of `generation` and `scoring`; the only place that imports torch.

It knows how to load a verified folder, sample from it and embed with it. It knows nothing of brands, locales, prompts'
wording or of which model may be used where.
"""
