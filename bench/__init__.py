"""Measurements: ratios against peers in the same run, and counts that hold on any machine."""
