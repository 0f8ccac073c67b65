"""The race: c360 over HTTP next to other GraphQL servers, before the same partners, answering the same.

Contenders take turns in one run: the one that answers has a core to itself, and the partners' stand-in, the
generator of load and the database share the other. What is compared is the processor time that the
answering process spends on a request, so that the pace of what stands around it does not matter.
"""
