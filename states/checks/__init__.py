"""What a rules file means: whether its names exist and its lines can happen. Reading order: `references`, which calls
`labels`, `duties` and `lines`; `names` knows which names there are.
"""
