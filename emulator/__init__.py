"""A pretend Partner Center and Graph billing API with faults on demand, for demonstrations, development and tests."""
