"""The coding policy as pure functions: findings -> counted veins -> units, flags and reasons."""

from venocode.counting.count import CountedNote, count
from venocode.counting.settings import PolicySettings, load_policy

__all__ = ["CountedNote", "PolicySettings", "count", "load_policy"]
