"""A made-up but consistent population, served over real HTTP as the partners' published APIs."""
