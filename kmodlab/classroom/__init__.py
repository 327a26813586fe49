# SPDX-License-Identifier: MIT
"""The classroom: a class's submissions graded, kept in a grade book, written in the formats of others."""
