"""plangeo: is this project sited where the land-use plan allows it, and how sure are we?"""
