"""Operations compiled to Python: one generated function for every object that an operation selects.

What is gathered lies there as plain objects, so that answering is reading attributes and writing dicts. A
library that interprets the operation anew for every value spends most of its time on finding out again what
does not change from one request to the next: which fields there are, who resolves them, what type they have.
Here it is found out once for each document, and what is left is written down as source text.
"""
