"""Risk by two methods: how somebody behaves, and what their assets are worth against their debts."""
