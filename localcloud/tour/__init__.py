"""The demo: the main job of all three parts, driven as their users would drive them.

Each part's tour raises StepFailed where it sees something else than a user should.
"""
