"""Which estimator, method and number of steps guarantee the least Jacobian error within a budget."""
