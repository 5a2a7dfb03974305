"""How do the parts of the firm compare, once chance and the number of comparisons are allowed for?"""
