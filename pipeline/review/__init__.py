"""The review desk: a small web application on loopback where people read drafts and decide.

It turns requests into the use cases of `pipeline.reviewing` and their results into pages. It knows nothing
of models, prompts or SQL, holds no state of its own, and treats every text as untrusted.
"""
